"""Active learning on a labelled corpus: UAR against the share of the labels, beside random choice.

`python -m benchmarks.accuracy.labelling CORPUS HEARD [--seeds 5] [--out DIR]`

Speakers test one at a time and take no part in anything else. The classifier is a logistic
regression (C = 0.01, not tuned) on the standardised statistics of all Whisper layers, the same for
every strategy. A strategy has reached the full score at the smallest share from which on the UAR
is at most .01 below that with all labels, and the 95 % interval of the difference (bootstrap over
speakers, seeds together) holds 0.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np

from undertone.evaluation.metrics import Clusters, Interval, clusters, score, uar_difference
from undertone.evaluation.plots import INK, QUIET
from undertone.files import replacing, write_json
from undertone.labelling.active import STRATEGIES
from undertone.labelling.simulation import Curve, simulate
from undertone.model.config import AUDIO
from undertone.protocols import Protocol, turns_hash
from undertone.training.examples import Examples, labels_of, load_examples

SHARES = (*np.arange(0.05, 0.65, 0.05).round(2).tolist(), 0.7, 0.8, 0.9, 1.0)
TOLERANCE = 0.01
GOAL = 0.6
COLOURS = {
    "random": "#7b8794",
    "margin": "#2f6f9f",
    "k-centre": "#b58b3c",
    "diverse-margin": "#c8553d",
    "badge": "#5b8c5a",
}


@dataclass(frozen=True)
class Point:
    """A share of the labels: the UAR it gives, over seeds, and what it loses to all labels."""

    share: float
    uar: Interval
    deviation: float
    loss: Interval

    @property
    def full(self) -> bool:
        return self.loss.value <= TOLERANCE and self.loss.low <= 0


def points(curve: Curve, truth: np.ndarray, speakers: Sequence[str], classes: int) -> list[Point]:
    seeds = len(curve.predicted)
    labels, groups = np.tile(truth, seeds), clusters(list(speakers) * seeds)
    whole = curve.predicted[:, -1].ravel()
    return [
        point(share, curve.predicted[:, place], whole, labels, classes, groups)
        for place, share in enumerate(curve.shares)
    ]


def point(
    share: float,
    predicted: np.ndarray,
    whole: np.ndarray,
    labels: np.ndarray,
    classes: int,
    groups: Clusters,
) -> Point:
    truth = labels[: predicted.shape[1]]
    each = [
        np.mean([(row == truth)[truth == k].mean() for k in np.unique(truth)]) for row in predicted
    ]
    guess = predicted.ravel()
    return Point(
        share=share,
        uar=score(labels, guess, classes, groups).uar,
        deviation=float(np.std(each)),
        loss=uar_difference(labels, guess, whole, classes, groups),
    )


def reached(curve: list[Point]) -> float:
    """The smallest share from which on all are as good as all labels."""
    behind = [place for place, at in enumerate(curve) if not at.full]
    return curve[max(behind, default=-1) + 1].share


def table(curves: dict[str, list[Point]]) -> str:
    head = "share   " + "".join(f"{name:>26}" for name in curves)
    lines = [
        f"{at[0].share:5.0%}   " + "".join(f"{point.uar!s:>26}" for point in at)
        for at in zip(*curves.values(), strict=True)
    ]
    ends = [
        f"{name}: full score from {reached(at):.0%} of the labels" for name, at in curves.items()
    ]
    return "\n".join([head, *lines, "", *ends])


def draw(file: Path, curves: dict[str, list[Point]], title: str, note: str) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 5), dpi=150, layout="constrained")
    axes = figure.add_subplot()
    for name, at in curves.items():
        shares = [100 * point.share for point in at]
        values = np.array([point.uar.value for point in at])
        spread = np.array([point.deviation for point in at])
        told = f"{name}, full from {reached(at):.0%}"
        axes.plot(shares, values, color=COLOURS[name], lw=2, marker="o", ms=3, label=told)
        axes.fill_between(shares, values - spread, values + spread, color=COLOURS[name], alpha=0.15)
    whole = next(iter(curves.values()))[-1].uar.value
    axes.axhline(whole, color=INK, lw=1, ls="--")
    axes.annotate(f"all labels: {whole:.3f}", (0, whole), (2, 4), textcoords="offset points")
    axes.axvline(100 * GOAL, color=QUIET, lw=1, ls=":")
    axes.set(xlabel="share of the training labels (%)", ylabel="UAR", xlim=(0, 100))
    axes.legend(frameon=False, loc="lower right")
    axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(title, color=INK, fontweight="bold")
    figure.supxlabel(note, color=QUIET, fontsize=7.5)
    with replacing(file) as aside:
        figure.savefig(aside)


def measure(
    corpus: Path, heard: Path, seeds: int, strategies: Sequence[str] = tuple(STRATEGIES)
) -> tuple[dict[str, list[Point]], str, int]:
    """The curve of each strategy, the hash of the folds, and how many utterances there are."""
    examples = voiced(load_examples(corpus, heard))
    labels, speakers = labels_of(examples.rows), examples.rows["speaker_id"].tolist()
    truth = examples.targets(labels).numpy()
    found = simulate(examples, labels, strategies, SHARES, seeds)
    curves = {curve.strategy: points(curve, truth, speakers, len(labels)) for curve in found}
    turns = Protocol.parse("loso").turns(examples.rows, 0)
    return curves, turns_hash(examples.rows, turns), len(examples)


def voiced(examples: Examples) -> Examples:
    return examples.take(examples.present()[:, AUDIO].numpy())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("heard", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--strategies", nargs="+", default=list(STRATEGIES), choices=STRATEGIES)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    started = perf_counter()
    curves, folds, utterances = measure(
        options.corpus, options.heard, options.seeds, options.strategies
    )
    note = f"loso, folds {folds[:12]}, seeds 0-{options.seeds - 1}, {utterances} utterances"
    small_print = f"{note}; bands: a standard deviation over seeds"
    print(table(curves), f"\n{note}, {perf_counter() - started:.0f} s")
    if options.out:
        draw(
            options.out / "labelling.png",
            curves,
            "Active learning: UAR by share of labels",
            small_print,
        )
        figures = {
            name: [
                vars(at) | {"uar": at.uar.model_dump(), "loss": at.loss.model_dump()}
                for at in points
            ]
            for name, points in curves.items()
        }
        write_json(options.out / "labelling.json", {"protocol": note, "curves": figures})


if __name__ == "__main__":
    main()
