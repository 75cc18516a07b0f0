"""`undertone stress`: how a bundle behaves when its recordings change."""

from pathlib import Path
from typing import Annotated

import typer

from cli.console import out


def stress(
    bundle: Annotated[Path, typer.Option(help="The bundle to test.")],
    folder: Annotated[Path, typer.Option(help="A corpus folder.")],
    heard: Annotated[Path, typer.Option(help="Its heard folder.")],
    to: Annotated[
        Path,
        typer.Option("--out", help="The evaluation folder to write into; its scores stay."),
    ],
    split: Annotated[str, typer.Option(help="Whose recordings are changed.")] = "test",
    most: Annotated[int, typer.Option(min=1, help="Recordings at most.")] = 400,
    seed: Annotated[int, typer.Option(help="Of the choice and the changes.")] = 17,
) -> None:
    """Test whether a bundle is correct, fair, and steady under noise and small changes."""
    from undertone.evaluation.behaviour.running import stress

    stress(bundle, folder, heard, to, split=split, most=most, seed=seed)
    out.out((to / "behaviour.txt").read_text(encoding="utf-8"), highlight=False)
