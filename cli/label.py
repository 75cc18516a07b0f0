"""`undertone label`: what to label next, and labels that nobody listened for."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import err
from cli.options import ParamsFile, Profile, Set, settings

if TYPE_CHECKING:
    from undertone.corpora.base import Reject
    from undertone.labelling.table import Label

app = typer.Typer(
    help="Label with little work: propose, pseudo-label, prompt.", no_args_is_help=True
)
Table = Annotated[
    Path,
    typer.Argument(help="CSV or Parquet as of --corpus table=, its emotion empty where unknown."),
]
Out = Annotated[Path, typer.Option("--out", help="The CSV to write; refusals go beside it.")]
Floor = Annotated[
    float, typer.Option(min=0, max=1, help="Confidence from which on a label counts.")
]
Cap = Annotated[
    int | None, typer.Option(min=1, help="Labels of each emotion at most, the surest first.")
]


@app.command()
def propose(
    table: Table,
    to: Out,
    count: Annotated[int, typer.Option(min=1, help="How many utterances.")] = 50,
    strategy: Annotated[
        str, typer.Option(help="diverse-margin, margin, badge, k-centre or random.")
    ] = "diverse-margin",
    profile: Profile = None,
    params: ParamsFile = None,
    overrides: Set = None,
) -> None:
    """Choose the utterances whose labels would teach most (active learning)."""
    from undertone.errors import ConfigError
    from undertone.hub import resolve
    from undertone.labelling.active import STRATEGIES
    from undertone.labelling.proposing import propose
    from undertone.labelling.table import read_partly, write_proposals
    from undertone.speech.listener import Listener

    if strategy not in STRATEGIES:
        raise ConfigError(f"There is no strategy '{strategy}'. Known: {', '.join(STRATEGIES)}.")
    values = settings(profile, params, None, overrides)
    partly = read_partly(table)
    listener = Listener(resolve(values.listening.whisper), values.listening)
    chosen, refused = propose(partly, count, listener, values.audio, strategy=strategy)
    write_proposals(to, chosen)
    _refuse(to, refused)
    err.print(f"{len(chosen)} to label next → {to}")


@app.command()
def pseudo(
    table: Table,
    to: Out,
    bundle: Annotated[Path, typer.Option(help="The bundle that labels.")],
    floor: Floor = 0.9,
    cap: Cap = None,
    profile: Profile = None,
    params: ParamsFile = None,
    overrides: Set = None,
) -> None:
    """Label what a bundle is sure of; the CSV is a corpus (--corpus table=OUT)."""
    from undertone.inference import Predictor
    from undertone.labelling.pseudo import pseudo_label
    from undertone.labelling.table import read_partly

    partly = read_partly(table)
    predictor = Predictor.load(bundle, settings(profile, params, None, overrides))
    labels, refused = pseudo_label(predictor, partly.unlabelled)
    _keep(to, labels, [*partly.rejects, *refused], floor, cap)


@app.command()
def prompt(
    table: Table,
    to: Out,
    model: Annotated[
        str, typer.Option(help="A masked language model, or the endpoint's name for its model.")
    ],
    endpoint: Annotated[
        str | None,
        typer.Option(help="OpenAI-compatible address (https://HOST/v1): texts are sent there."),
    ] = None,
    key_variable: Annotated[
        str | None, typer.Option(help="Environment variable that holds the endpoint's key.")
    ] = None,
    emotions: Annotated[
        str | None, typer.Option(help="Labels to choose from, with commas. Default: those given.")
    ] = None,
    shots: Annotated[
        int, typer.Option(min=0, help="Labelled rows of each emotion that are shown.")
    ] = 2,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds for one answer.")] = 30.0,
    floor: Floor = 0.5,
    cap: Cap = None,
) -> None:
    """Label texts by a language model that is shown the labelled rows as examples."""
    from undertone.labelling.endpoint import Endpoint, EndpointClassifier
    from undertone.labelling.prompting import MaskedClassifier
    from undertone.labelling.table import read_partly
    from undertone.labelling.texts import ask_endpoint, fill_gaps, shots_of, vocabulary

    partly = read_partly(table)
    names, examples = vocabulary(partly, emotions), shots_of(partly, shots)
    if endpoint is None:
        masked = MaskedClassifier(model, names, examples)
        labels, refused = fill_gaps(masked, partly.unlabelled)
    else:
        place = Endpoint(endpoint, model, key_variable, timeout)
        with EndpointClassifier(place, names, examples) as asked:
            labels, refused = ask_endpoint(asked, partly.unlabelled)
    _keep(to, labels, [*partly.rejects, *refused], floor, cap)


def _keep(
    to: Path, labels: Sequence["Label"], refused: "list[Reject]", floor: float, cap: int | None
) -> None:
    from undertone.labelling.accepting import accept
    from undertone.labelling.table import write_labels

    accepted, unsure = accept(labels, floor, cap)
    write_labels(to, accepted)
    _refuse(to, [*refused, *unsure])
    err.print(f"{len(accepted)} labelled, {len(refused) + len(unsure)} refused → {to}")


def _refuse(to: Path, refused: "Sequence[Reject]") -> None:
    from undertone.labelling.table import write_refusals

    write_refusals(to.with_suffix(".refused.csv"), refused)
