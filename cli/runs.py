"""`undertone run`: pipelines; `undertone train` and `undertone evaluate`: their single steps."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import Ticks, err, out
from cli.options import Corpus, ParamsFile, Profile, Set, settings

if TYPE_CHECKING:
    from undertone.config import Params

app = typer.Typer(help="Run a pipeline: training, continual or monitoring.", no_args_is_help=True)
Compile = Annotated[
    Path | None, typer.Option("--compile", help="Write IR YAML for a cluster instead of running.")
]


@app.command()
def training(
    corpus: Corpus = None,
    profile: Profile = None,
    params: ParamsFile = None,
    overrides: Set = None,
    compile_to: Compile = None,
) -> None:
    """From a corpus to a registered model."""
    _run("training", settings(profile, params, corpus, overrides), compile_to)


@app.command()
def continual(
    profile: Profile = None,
    params: ParamsFile = None,
    overrides: Set = None,
    compile_to: Compile = None,
) -> None:
    """Retrain the champion on feedback; promote the challenger only if the gate lets it through."""
    _run("continual", settings(profile, params, None, overrides), compile_to)


@app.command()
def monitoring(
    profile: Profile = None,
    params: ParamsFile = None,
    overrides: Set = None,
    compile_to: Compile = None,
) -> None:
    """Judge the traffic since the last window, and start a retrain that is due."""
    _run("monitoring", settings(profile, params, None, overrides), compile_to)


def train(
    corpus: Annotated[Path, typer.Argument(help="A corpus folder.")],
    heard: Annotated[Path, typer.Argument(help="Its heard folder.")],
    to: Annotated[Path, typer.Option("--out", help="The bundle to write.")],
    profile: Profile = None,
    params: ParamsFile = None,
    overrides: Set = None,
) -> None:
    """Fine-tune the fused model and write a bundle."""
    from undertone.training import finetune

    report = finetune(corpus, heard, settings(profile, params, None, overrides), to)
    for name, value in report.metrics().items():
        out.print(f"{name:<28} {value:.4g}")


def evaluate(
    to: Annotated[Path, typer.Option("--out", help="The evaluation folder to write.")],
    bundle: Annotated[
        Path | None, typer.Option(help="The bundle to score on the test split.")
    ] = None,
    heard: Annotated[Path | None, typer.Option(help="A heard folder.")] = None,
    folder: Annotated[Path | None, typer.Option(help="A corpus folder.")] = None,
    protocol: Annotated[
        str | None, typer.Option(help="Cross-validate instead: loso or folds:N.")
    ] = None,
    corpus: Corpus = None,
    profile: Profile = None,
    params: ParamsFile = None,
    overrides: Set = None,
) -> None:
    """Score a bundle on its test speakers, or cross-validate by speaker (--protocol)."""
    from undertone.errors import ConfigError

    values = settings(profile, params, corpus, overrides)
    if bundle is None and protocol is None:
        raise ConfigError("Nothing to score: give --bundle, or --protocol to cross-validate.")
    if folder is None or heard is None:
        folder, heard = _prepare(values, to.parent / f"{to.name}-data")
    if protocol is not None:
        from undertone.evaluation import cross_validate

        cross_validate(folder, heard, values, protocol, to)
    elif bundle is not None:
        from undertone.evaluation import evaluate

        evaluate(bundle, folder, heard, to)
    out.out((to / "report.txt").read_text(encoding="utf-8"), highlight=False)


def _prepare(params: "Params", folder: Path) -> tuple[Path, Path]:
    from undertone.corpora import ingest
    from undertone.speech import hear

    corpus, heard = folder / "corpus", folder / "heard"
    ingest(params, corpus)
    hear(corpus, params, heard)
    return corpus, heard


def _run(name: str, params: "Params", compile_to: Path | None) -> None:
    if compile_to is not None:
        from pipelines.compile import compile_pipeline

        compile_pipeline(name, params, compile_to)
        err.print(f"{name} pipeline → {compile_to}")
        return
    from pipelines.local import run_local

    with Ticks(name) as ticks:
        run = run_local(name, params, ticks)
    if evaluation := run.artifact("evaluate", "evaluation"):
        out.out((evaluation / "report.txt").read_text(encoding="utf-8"), highlight=False)
    err.print(f"[dim]artifacts and log: {run.folder}[/]")
