"""`undertone search`: settings of a fine-tuning that suit a corpus."""

from pathlib import Path
from typing import Annotated

import typer

from cli.console import err, out
from cli.options import ParamsFile, Profile, Set, settings


def search(
    corpus: Annotated[Path, typer.Argument(help="A corpus folder.")],
    heard: Annotated[Path, typer.Argument(help="Its heard folder.")],
    to: Annotated[Path, typer.Option("--out", help="The folder to write settings and plot to.")],
    trials: Annotated[
        int | None, typer.Option(min=1, help="In all, earlier ones among them. [search.trials]")
    ] = None,
    profile: Profile = None,
    params: ParamsFile = None,
    overrides: Set = None,
) -> None:
    """Try settings of the fine-tuning (`search.space`), judged by validation speakers alone."""
    from undertone.config import as_yaml
    from undertone.training.searching import PARAMS, search

    wanted = [f"search.trials={trials}"] if trials else []
    values = settings(profile, params, None, [*(overrides or []), *wanted])
    found = search(corpus, heard, values, to)
    out.out(as_yaml(found.params), highlight=False)
    err.print(
        f"Validation UAR {found.validation_uar:.3f}, the best of {found.trials} trials "
        f"({found.pruned} given up early). Train with it: undertone run training --params "
        f"{to / PARAMS}",
        soft_wrap=True,
    )
