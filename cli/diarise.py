"""`undertone diarise`: how well a bundle tells which emotion appears when."""

from pathlib import Path
from typing import Annotated

import typer

from cli.console import out
from cli.options import ParamsFile, Profile, Set, settings


def diarise(
    bundle: Annotated[Path, typer.Option(help="The bundle to measure.")],
    folder: Annotated[Path, typer.Option(help="A corpus folder.")],
    heard: Annotated[Path, typer.Option(help="Its heard folder.")],
    to: Annotated[Path, typer.Option("--out", help="The folder to write.")],
    each: Annotated[int, typer.Option(min=1, help="Joined recordings of a speaker.")] = 24,
    profile: Profile = None,
    params: ParamsFile = None,
    overrides: Set = None,
) -> None:
    """Measure which emotion appears when, on joined recordings of the test speakers (EDER)."""
    from undertone.evaluation.diarising import diarise

    values = settings(profile, params, None, overrides)
    diarise(bundle, folder, heard, values, to, each=each)
    out.out((to / "report.txt").read_text(encoding="utf-8"), highlight=False)
