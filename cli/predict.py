"""`undertone predict`: answers from a running service, about one recording or many."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import err, out
from undertone.errors import ConfigError
from undertone.use import Purpose, Role

if TYPE_CHECKING:
    from serving.client import Client
    from serving.client.calls import Wishes
    from undertone.prediction import Dimensions, Face, Prediction

BAR = 30
SOME_REFUSED = 1
PATIENT = 100  # times to ask a busy service again


def predict(
    audio: Annotated[
        list[Path] | None,
        typer.Argument(help="Recordings, or folders of them; anything that ffmpeg decodes."),
    ] = None,
    text: Annotated[str | None, typer.Option(help="What was said, where it is known.")] = None,
    image: Annotated[Path | None, typer.Option(help="A picture of the speaker's face.")] = None,
    timeline: Annotated[
        bool, typer.Option("--timeline", help="Tell the emotion over time and of each word.")
    ] = False,
    role: Annotated[Role | None, typer.Option(help="Who speaks.")] = None,
    purpose: Annotated[Purpose | None, typer.Option(help="What the emotion is for.")] = None,
    consent: Annotated[
        bool | None, typer.Option(help="Whether the speaker agrees to text and audio being kept.")
    ] = None,
    listed: Annotated[
        Path | None, typer.Option("--list", help="A file that names recordings, one a line.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--out", help="JSON lines, for many recordings; goes on where it was left."),
    ] = None,
    key: Annotated[
        str | None, typer.Option(envvar="UNDERTONE_KEY", help="Where the service asks for one.")
    ] = None,
    url: Annotated[str, typer.Option(help="The service.")] = "http://127.0.0.1:3000",
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole answer.")] = False,
) -> None:
    """Ask a running service (`undertone serve`) what a speaker feels.

    Many recordings, or one of more than half a minute, are judged into --out. The status is 1 if
    some were refused: NAME-rejects.csv beside it tells why.
    """
    from serving.client import Client

    wishes: Wishes = {
        "timeline": timeline,
        "role": role,
        "purpose": purpose,
        "consent": consent,
    }
    if output:
        sources = [*(audio or []), *_named(listed)]
        with Client(url, key=key, retries=PATIENT) as client:
            _judge_many(client, sources, output, wishes)
        return
    with Client(url, key=key) as client:
        answer = client.predict(_only(audio, listed), text, image, **wishes)
    if as_json:
        out.print_json(answer.model_dump_json())
        return
    _show(answer)
    if image:
        out.print(_seen(answer.face))
    out.print(f"[dim]{answer.model_tag}, prediction {answer.prediction_id}[/]")


def _show(answer: "Prediction") -> None:
    if answer.unknown:
        out.print(f"[bold]unknown[/]: {answer.unknown}")
    if answer.transcript:
        out.print(f"[italic]{answer.transcript.text}[/]")
    for emotion, share in sorted(answer.distribution.items(), key=lambda pair: -pair[1]):
        out.print(f"{emotion:<10} {share:6.1%} {'█' * round(share * BAR)}", highlight=False)
    if answer.dimensions:
        out.print(_scales(answer.dimensions), highlight=False)
    for line in _course(answer):
        out.print(line, highlight=False)


def _judge_many(client: "Client", sources: list[Path], output: Path, wishes: "Wishes") -> None:
    from serving.bulk import judge_files
    from undertone.corpora.folders import audio_files

    files = [
        file
        for source in sources
        for file in (audio_files(source) if source.is_dir() else [source])
    ]
    outcome = judge_files(client, files, output, wishes)
    err.print(
        f"{outcome.judged} judged into {output}, {outcome.kept} stood there already, "
        f"{outcome.rejected} refused",
        highlight=False,
    )
    if outcome.rejected:
        raise typer.Exit(SOME_REFUSED)


def _named(listed: Path | None) -> list[Path]:
    if listed is None:
        return []
    try:
        names = os.fsdecode(listed.read_bytes()).splitlines()
    except OSError as error:
        raise ConfigError(f"{listed} cannot be read: {error.strerror}.") from error
    return [Path(name.strip()) for name in names if name.strip()]


def _only(audio: list[Path] | None, listed: Path | None) -> Path | None:
    if listed or (audio and (len(audio) > 1 or audio[0].is_dir())):
        raise ConfigError("Many recordings are judged into a file: name one by --out.")
    return audio[0] if audio else None


def _scales(dimensions: "Dimensions") -> str:
    values = dimensions.model_dump(exclude={"source"}).items()
    told = " · ".join(f"{name} {value:+.2f}" for name, value in values)
    return f"{told} [dim]({dimensions.source})[/]"


def _course(answer: "Prediction") -> Iterator[str]:
    for part in answer.timeline or []:
        yield f"{part.start:6.2f}-{part.end:.2f} s  {part.emotion} {part.confidence:.0%}"
    words = answer.transcript.words if answer.timeline and answer.transcript else []
    if words:
        yield " ".join(f"{word.word}[dim]/{word.emotion}[/]" for word in words)


def _seen(face: "Face | None") -> str:
    if face is None:
        return "image: the service has no model that looks at faces, see face.classifier"
    if not face.found:
        return "image: no face was found, so it changed nothing"
    which = "the face" if face.count == 1 else f"the largest of {face.count} faces"
    if not face.distribution:
        return f"image: {which}"
    emotion, share = max(face.distribution.items(), key=lambda pair: pair[1])
    return f"image: {which} shows {emotion} ({share:.0%})"
