"""`undertone predict`: one answer from a running service."""

from pathlib import Path
from typing import Annotated

import typer

from cli.console import out

BAR = 30


def predict(
    audio: Annotated[
        Path | None, typer.Argument(help="A recording; anything that ffmpeg decodes.")
    ] = None,
    text: Annotated[str | None, typer.Option(help="What was said, where it is known.")] = None,
    image: Annotated[Path | None, typer.Option(help="A picture of the speaker's face.")] = None,
    url: Annotated[str, typer.Option(help="The service.")] = "http://127.0.0.1:3000",
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole answer.")] = False,
) -> None:
    """Ask a running service (`undertone serve`) what a speaker feels."""
    from serving.client import Client

    with Client(url) as client:
        answer = client.predict(audio=audio, text=text, image=image)
    if as_json:
        out.print_json(answer.model_dump_json())
        return
    if answer.transcript:
        out.print(f"[italic]{answer.transcript.text}[/]")
    for emotion, share in sorted(answer.distribution.items(), key=lambda pair: -pair[1]):
        out.print(f"{emotion:<10} {share:6.1%} {'█' * round(share * BAR)}", highlight=False)
    out.print(f"[dim]{answer.model_tag}, prediction {answer.prediction_id}[/]")
