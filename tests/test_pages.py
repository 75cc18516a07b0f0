"""What the pages tell people to type and to read is there."""

import re
from pathlib import Path

import pytest
from typer.core import TyperCommand
from typer.testing import CliRunner

from cli.main import app
from tests.pages import PAGES, ROOT, commands, named_commands, own_commands
from undertone import __version__

NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
MEASURED = re.compile(r"^\|[^|]*\|([^|]+)\|[^|]*\((benchmarks/[^)]+)\) \|$", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")
every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


@every_page
def test_every_command_takes_the_options_it_is_shown_with(
    page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TyperCommand, "invoke", lambda *_: None)  # options are read, no more
    for words in own_commands(page):
        told = CliRunner().invoke(app, words)
        assert (told.exit_code, told.output) == (0, ""), f"undertone {' '.join(words)}"


@every_page
def test_every_command_that_is_named_is_known(page: Path) -> None:
    for words in named_commands(page):
        told = CliRunner().invoke(app, [*words, "--help"])
        assert told.exit_code == 0, f"undertone {' '.join(words)}: {told.output}"


@every_page
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        assert (page.parent / link).exists(), link


@every_page
def test_what_is_made_and_applied_is_there(page: Path) -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for words in commands(page):
        if words[:1] == ("make",):
            assert words[1] in targets, words
        if words[0:1] == ("kubectl",) and "-k" in words:
            folder = words[words.index("-k") + 1]
            assert folder.startswith("github.com/") or (ROOT / folder).is_dir(), folder


def test_versions_are_those_of_this_release() -> None:
    told = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert set(re.findall(r"undertone-python:(\d[\d.]*)-", told)) == {__version__}
    (kfp,) = re.findall(r"^kfp==(.+)", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    assert re.findall(r"PIPELINE_VERSION=(\S+)", told) == [kfp]


def test_every_size_stands_in_its_record() -> None:
    rows = MEASURED.findall((ROOT / "docs/sizing.md").read_text(encoding="utf-8"))
    assert len({record for _, record in rows}) > 5
    for measured, record in rows:
        known = NUMBER.findall((ROOT / "docs" / record).read_text(encoding="utf-8"))
        assert {*NUMBER.findall(measured)} <= {*known}, (record, measured)
