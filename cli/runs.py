"""`undertone run`: pipelines; `undertone train` and `undertone evaluate`: their single steps."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.cluster import Submission, submission, submit, with_options
from cli.console import Ticks, err, out
from cli.options import Corpora, Corpus, ParamsFile, Profile, Set, settings
from undertone.errors import ConfigError

if TYPE_CHECKING:
    from undertone.config import Params

app = typer.Typer(help="Run a pipeline: training, continual or monitoring.", no_args_is_help=True)
Compile = Annotated[
    Path | None, typer.Option("--compile", help="Write IR YAML for a cluster instead of running.")
]
Docker = Annotated[
    bool, typer.Option("--docker", help="Start each step in its image, by the Docker Engine here.")
]


@app.command()
@with_options(submission)
def training(
    to: Submission,
    corpus: Corpus = None,
    profile: Profile = None,
    params: ParamsFile = None,
    overrides: Set = None,
    compile_to: Compile = None,
    in_docker: Docker = False,
) -> None:
    """From a corpus to a registered model."""
    _run(
        "training",
        settings(profile, params, corpus, overrides),
        compile_to,
        to,
        in_docker=in_docker,
    )


@app.command()
@with_options(submission)
def continual(
    to: Submission,
    tenant: Annotated[
        str | None,
        typer.Option(help="Learn from this tenant's feedback alone, for a model that is theirs."),
    ] = None,
    profile: Profile = None,
    params: ParamsFile = None,
    overrides: Set = None,
    compile_to: Compile = None,
    in_docker: Docker = False,
) -> None:
    """Retrain the champion on feedback; promote the challenger only if the gate lets it through."""
    values = settings(profile, params, None, overrides)
    if tenant:
        from serving.registry import tenant_pointer
        from undertone.continual.personal import personal

        tenant_pointer(tenant)
        values = personal(values, tenant)
    _run("continual", values, compile_to, to, in_docker=in_docker)


@app.command()
@with_options(submission)
def monitoring(
    to: Submission,
    profile: Profile = None,
    params: ParamsFile = None,
    overrides: Set = None,
    compile_to: Compile = None,
    every: Annotated[
        str | None,
        typer.Option(
            help="With --submit: run by this schedule, in six fields, seconds first, "
            "e.g. '0 0 * * * *'. It replaces an earlier one; 'never' takes that away."
        ),
    ] = None,
    in_docker: Docker = False,
) -> None:
    """Judge the traffic since the last window, and start a retrain that is due."""
    values = settings(profile, params, None, overrides)
    _run("monitoring", values, compile_to, to, every, in_docker=in_docker)


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
    folder: Annotated[
        list[Path] | None, typer.Option(help="A corpus folder; may be repeated.")
    ] = None,
    heard: Annotated[list[Path] | None, typer.Option(help="The heard folder of each.")] = None,
    protocol: Annotated[
        str | None,
        typer.Option(help="Cross-validate instead: loso, folds:N, official or cross-corpus."),
    ] = None,
    beside: Annotated[
        str | None, typer.Option(help="speaker-dependent:N, to report beside the protocol.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="How many seeds to train with.")] = 1,
    without: Annotated[
        list[str] | None, typer.Option(help="Modality to leave out; may be repeated.")
    ] = None,
    headline: Annotated[
        str | None, typer.Option(help="Condition that counts, e.g. fused or text_missing.")
    ] = None,
    corpus: Corpora = None,
    profile: Profile = None,
    params: ParamsFile = None,
    overrides: Set = None,
) -> None:
    """Score a bundle on its test speakers, or cross-validate by a protocol (--protocol)."""
    if (bundle is None) == (protocol is None):
        raise ConfigError(
            "Give either --bundle to score one, or --protocol to cross-validate: one of the two."
        )
    if protocol is not None:
        from undertone.protocols import choose_protocols

        choose_protocols(protocol, beside)
    given = _pairs(folder, heard)
    own = ["split.protocol=official"] if protocol == "official" else []
    changes = [*own, *(overrides or [])]
    names: list[str | None] = [*corpus] if corpus else [None]
    values = [settings(profile, params, name, changes) for name in names]
    pairs = given or [
        _prepare(each, to.parent / f"{to.name}-data" / each.corpus.name) for each in values
    ]
    if protocol is not None:
        from undertone.evaluation import cross_validate

        first = values[0].training.seed
        cross_validate(
            pairs,
            values[0],
            protocol,
            to,
            seeds=range(first, first + seeds),
            without=without or (),
            headline=headline,
            beside=beside,
        )
    elif bundle is not None:
        from undertone.evaluation import evaluate

        evaluate(bundle, *pairs[0], to, headline=headline)
    out.out((to / "report.txt").read_text(encoding="utf-8"), highlight=False)


def _pairs(folders: list[Path] | None, heard: list[Path] | None) -> list[tuple[Path, Path]]:
    if len(folders or []) != len(heard or []):
        raise ConfigError("Each --folder needs its --heard, in the same order.")
    return list(zip(folders or [], heard or [], strict=True))


def _prepare(params: "Params", folder: Path) -> tuple[Path, Path]:
    from undertone.corpora import ingest
    from undertone.speech import hear

    corpus, heard = folder / "corpus", folder / "heard"
    ingest(params, corpus)
    hear(corpus, params, heard)
    return corpus, heard


def _run(
    name: str,
    params: "Params",
    compile_to: Path | None,
    to: Submission,
    every: str | None = None,
    *,
    in_docker: bool,
) -> None:
    if to.host is not None:
        submit(name, params, to, every)
        return
    if every is not None:
        raise ConfigError("--every is for a cluster: give its address by --submit.")
    if compile_to is not None:
        from pipelines.compile import compile_pipeline

        compile_pipeline(name, params, compile_to)
        err.print(f"{name} pipeline → {compile_to}")
        return
    from pipelines.local import run_local

    with Ticks(name) as ticks:
        run = run_local(name, params, ticks, "docker" if in_docker else "process")
    if evaluation := run.artifact("evaluate", "evaluation"):
        out.out((evaluation / "report.txt").read_text(encoding="utf-8"), highlight=False)
    if decision := run.artifact("judge", "decision"):
        said = json.loads((decision / "decision.json").read_text(encoding="utf-8"))
        out.print(said["reason"], soft_wrap=True)
    err.print(f"[dim]artifacts and log: {run.folder}[/]")
