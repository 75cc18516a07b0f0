"""The pages for people, and the commands in them."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md")), *sorted(ROOT.glob("deploy/*.md"))]
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
NAMED = re.compile(r"`(?:shell )?undertone ([^`]+)`")
BEFORE = re.compile(r"shell|IMAGE|--|--net|\w+=.*")  # what may stand before the command
Command = tuple[str, ...]


def commands(page: Path) -> Iterator[Command]:
    """Every command of a page's terminal sessions, as words; without what it is piped to."""
    for session in BLOCK.findall(page.read_text(encoding="utf-8")):
        for line in session.replace("\\\n", " ").splitlines():
            if line.startswith("$ "):
                yield from _parts(line.removeprefix("$ "))


def own_commands(page: Path) -> Iterator[Command]:
    """The arguments of every `undertone` in a page's terminal sessions."""
    for words in commands(page):
        for at, word in enumerate(words):
            if word == "undertone" and all(map(BEFORE.fullmatch, words[max(at - 1, 0) : at])):
                yield words[at + 1 :]


def named_commands(page: Path) -> Iterator[Command]:
    """The arguments of every `undertone` that a page's sentences name, perhaps not all of them."""
    text = " ".join(page.read_text(encoding="utf-8").split())
    return (tuple(shlex.split(said)) for said in NAMED.findall(text) if "COMMAND" not in said)


def _parts(line: str) -> Iterator[Command]:
    words = shlex.shlex(line, posix=True, punctuation_chars="|;&<>")
    words.whitespace_split = True
    part: list[str] = []
    for word in words:
        if set(word) <= set("|;&<>"):
            yield tuple(part)
            part = []
        else:
            part.append(word)
    yield tuple(part)
