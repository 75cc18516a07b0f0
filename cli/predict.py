"""`undertone predict`: one answer from a running service."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import out
from undertone.use import Purpose, Role

if TYPE_CHECKING:
    from undertone.prediction import Dimensions, Face, Prediction

BAR = 30


def predict(
    audio: Annotated[
        Path | None, typer.Argument(help="A recording; anything that ffmpeg decodes.")
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
    key: Annotated[
        str | None, typer.Option(envvar="UNDERTONE_KEY", help="Where the service asks for one.")
    ] = None,
    url: Annotated[str, typer.Option(help="The service.")] = "http://127.0.0.1:3000",
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole answer.")] = False,
) -> None:
    """Ask a running service (`undertone serve`) what a speaker feels."""
    from serving.client import Client

    with Client(url, key=key) as client:
        answer = client.predict(
            audio=audio,
            text=text,
            image=image,
            timeline=timeline,
            role=role,
            purpose=purpose,
            consent=consent,
        )
    if as_json:
        out.print_json(answer.model_dump_json())
        return
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
    if image:
        out.print(_seen(answer.face))
    out.print(f"[dim]{answer.model_tag}, prediction {answer.prediction_id}[/]")


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
