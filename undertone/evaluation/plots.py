"""Pictures of an evaluation: what is taken for what, what a confidence is worth, and for whom."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from undertone.calibration import ReliabilityBin
from undertone.evaluation.metrics import Interval
from undertone.evaluation.selective import risk_coverage
from undertone.files import replacing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DPI = 150
INK, QUIET, BLUE, PALE, RED = "#1f2933", "#7b8794", "#2f6f9f", "#b8d0e0", "#c8553d"
FEW = 10  # utterances whose accuracy says little


def plot_confusion(
    path: Path,
    counts: npt.NDArray[np.intp],
    names: Sequence[str],
    *,
    title: str,
    note: str,
) -> None:
    """Draw confusion counts as shares of each true emotion, with the counts beneath.

    Args:
        path: the PNG to write.
        counts: [K, K], rows are true emotions, columns predicted ones.
        names: [K], the emotions.
        title: what is shown, with its UAR.
        note: small print under the picture: split hash, seed.
    """
    size = 2.6 + 0.72 * len(names)
    truths = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, truths, out=np.zeros(counts.shape), where=truths > 0)
    with figure(path, (size, size), title, note) as drawn:
        axes = drawn.add_subplot()
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        for row, column in np.ndindex(*counts.shape):
            _write_cell(axes, row, column, shares[row, column], int(counts[row, column]))
        axes.set_xticks(range(len(names)), names, rotation=40, ha="right", rotation_mode="anchor")
        axes.set_yticks(range(len(names)), names)
        axes.set_xlabel("predicted emotion", color=INK)
        axes.set_ylabel("true emotion", color=INK)
        axes.tick_params(length=0, colors=INK)
        axes.spines[:].set_visible(False)
        _draw_grid(axes, len(names))


def plot_reliability(path: Path, bins: Sequence[ReliabilityBin], *, title: str, note: str) -> None:
    """Draw accuracy against confidence, with the share of utterances in each bin beneath.

    Args:
        path: the PNG to write.
        bins: from `undertone.calibration.reliability_bins`.
        title: what is shown, with its ECE.
        note: small print under the picture: split hash, temperature.
    """
    filled = [part for part in bins if part.count]
    middles = [(part.lower + part.upper) / 2 for part in filled]
    width = 0.92 * (bins[0].upper - bins[0].lower)
    total = max(sum(part.count for part in filled), 1)
    with figure(path, (5.6, 6.4), title, note) as drawn:
        upper, lower = drawn.subplots(2, 1, sharex=True, height_ratios=[3.2, 1])
        colors = [BLUE if part.count >= FEW else PALE for part in filled]
        upper.bar(middles, [part.accuracy for part in filled], width, color=colors)
        upper.plot([0, 1], [0, 1], "--", color=QUIET, lw=1, label="perfectly calibrated")
        confidences = [part.confidence for part in filled]
        accuracies = [part.accuracy for part in filled]
        upper.vlines(confidences, confidences, accuracies, color=RED, lw=2, label="gap")
        upper.set(xlim=(0, 1), ylim=(0, 1), ylabel="accuracy")
        upper.bar(0, 0, color=BLUE, label="accuracy")
        upper.bar(0, 0, color=PALE, label=f"of fewer than {FEW} utterances")
        place = {"loc": "lower left", "bbox_to_anchor": (0, 1), "ncols": 2}
        upper.legend(frameon=False, labelcolor=INK, fontsize=9, **place)
        lower.bar(middles, [part.count / total for part in filled], width, color=QUIET)
        lower.set(xlabel="confidence", ylabel="share of\nutterances")
        for axes in (upper, lower):
            axes.spines[["top", "right"]].set_visible(False)
            axes.tick_params(colors=INK)


def plot_groups(
    path: Path, groups: dict[str, Interval], whole: Interval, *, title: str, note: str
) -> None:
    """Draw the UAR of groups of speakers, with intervals, against that of all.

    Args:
        path: the PNG to write.
        groups: the UAR of each group.
        whole: the UAR of all.
        title: what is shown.
        note: small print under the picture: split hash, seed.
    """
    names = [*reversed(groups), "all"]
    with figure(path, (6.4, 1.9 + 0.42 * len(names)), title, note) as drawn:
        axes = drawn.add_subplot()
        axes.axvspan(whole.low, whole.high, color=PALE, alpha=0.35, lw=0)
        axes.axvline(whole.value, color=QUIET, lw=1, ls="--")
        for row, interval in enumerate([*reversed(groups.values()), whole]):
            color = QUIET if row == len(groups) else BLUE
            axes.hlines(row, interval.low, interval.high, color=color, lw=2.5)
            axes.plot(interval.value, row, "o", color=color, ms=8)
            text = f"{interval.value:.3f}"
            axes.annotate(
                text,
                (interval.value, row),
                (0, 8),
                textcoords="offset points",
                ha="center",
                color=INK,
                fontsize=9,
            )
        axes.set_yticks(range(len(names)), names)
        axes.set(xlim=(0, 1), ylim=(-0.6, len(names) - 0.3), xlabel="UAR, 95 % interval")
        tidy(axes)


def plot_risk_coverage(
    path: Path,
    confidences: npt.NDArray[np.float64],
    correct: npt.NDArray[np.bool_],
    *,
    title: str,
    note: str,
) -> None:
    """Draw the share of wrong answers among those that a confidence threshold lets through.

    See `undertone.evaluation.selective`.

    Args:
        path: the PNG to write.
        confidences: [N], of each answer; the most confident are let through first.
        correct: [N], whether it was right.
        title: what is shown.
        note: small print under the picture: split hash, seed.
    """
    coverage, risks = risk_coverage(confidences, correct)
    best = np.maximum(0, 1 - correct.mean() / coverage)
    with figure(path, (6.0, 4.6), title, note) as drawn:
        axes = drawn.add_subplot()
        axes.plot(coverage, risks, color=BLUE, lw=2, label="by confidence")
        axes.plot(coverage, best, color=QUIET, lw=1, ls="--", label="by an oracle")
        axes.axhline(risks[-1], color=RED, lw=1, ls=":", label="every answer given")
        axes.set(xlim=(0, 1), xlabel="coverage: share of utterances answered")
        axes.set(ylim=(0, max(1.3 * float(risks.max()), 0.05)), ylabel="risk: share of them wrong")
        axes.legend(frameon=False, labelcolor=INK, fontsize=9, loc="upper left")
        tidy(axes)


def plot_learning_curves(
    path: Path, curves: Mapping[str, Sequence[Mapping[str, float]]], *, title: str, note: str
) -> None:
    """Draw training and validation loss, and validation UAR, epoch by epoch.

    Args:
        path: the PNG to write.
        curves: of each stage of a fit, as in a bundle's `info`.
        title: what is shown.
        note: small print under the picture: seed, tuning.
    """
    shown = {stage: epochs for stage, epochs in curves.items() if epochs}
    size = (1.4 + 4.4 * max(len(shown), 1), 5.6)
    with figure(path, size, title, note) as drawn:
        grid = drawn.subplots(2, max(len(shown), 1), sharex="col", squeeze=False)
        for (stage, epochs), (losses, scores) in zip(shown.items(), grid.T, strict=False):
            losses.set_title(stage, color=INK, fontsize=10)
            _draw_curve(losses, epochs, "loss", BLUE, "training")
            _draw_curve(losses, epochs, "validation_loss", RED, "validation")
            _draw_curve(scores, epochs, "validation_uar", RED, "validation")
            _mark_best(scores, epochs)
            losses.set_ylabel("loss")
            scores.set(xlabel="epoch", ylabel="UAR")
            losses.legend(frameon=False, labelcolor=INK, fontsize=9)
            tidy(losses)
            tidy(scores)


@contextmanager
def figure(path: Path, size: tuple[float, float], title: str, note: str) -> "Iterator[Figure]":
    """A figure to draw on, written as a PNG when the block succeeds.

    Args:
        path: the PNG to write.
        size: width and height in inches.
        title: stands over it.
        note: small print under it.
    """
    from matplotlib.figure import Figure

    drawn = Figure(figsize=size, dpi=DPI, layout="constrained", facecolor="white")
    yield drawn
    drawn.suptitle(title, color=INK, fontsize=12, fontweight="bold")
    drawn.supxlabel(note, color=QUIET, fontsize=7.5)
    with replacing(path) as aside:
        drawn.savefig(aside)


def _draw_curve(
    axes: "Axes", epochs: Sequence[Mapping[str, float]], name: str, color: str, label: str
) -> None:
    there = [epoch for epoch in epochs if name in epoch]
    axes.plot(
        [epoch["epoch"] for epoch in there],
        [epoch[name] for epoch in there],
        "o-",
        color=color,
        ms=3.5,
        lw=1.5,
        label=label,
    )


def _mark_best(axes: "Axes", epochs: Sequence[Mapping[str, float]]) -> None:
    best = max(epochs, key=lambda epoch: epoch["validation_uar"])
    axes.plot(best["epoch"], best["validation_uar"], "o", ms=9, mfc="none", color=INK)
    text = f"best {best['validation_uar']:.3f} after epoch {best['epoch']:g}"
    axes.set_title(text, color=INK, fontsize=9, loc="right")
    axes.locator_params(axis="x", integer=True)


def tidy(axes: "Axes") -> None:
    """Faint grid, no box."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=INK)
    axes.grid(axis="both", color="#e4e7eb", lw=0.8)
    axes.set_axisbelow(True)


def _write_cell(axes: "Axes", row: int, column: int, share: float, count: int) -> None:
    color = "white" if share > 0.55 else INK if count else "#cbd2d9"
    axes.text(
        column, row - 0.08, f"{share:.0%}", ha="center", va="center", color=color, fontsize=10
    )
    axes.text(column, row + 0.24, str(count), ha="center", va="center", color=color, fontsize=7)


def _draw_grid(axes: "Axes", classes: int) -> None:
    edges = np.arange(classes + 1) - 0.5
    axes.set_xticks(edges, minor=True)
    axes.set_yticks(edges, minor=True)
    axes.grid(which="minor", color="white", lw=1.5)
    axes.tick_params(which="minor", length=0)
