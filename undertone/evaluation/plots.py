"""Two pictures of an evaluation: what is taken for what, and what a confidence is worth."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from undertone.calibration import ReliabilityBin
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
    with _figure(path, (size, size), title, note) as figure:
        axes = figure.add_subplot()
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
    with _figure(path, (5.6, 6.4), title, note) as figure:
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3.2, 1])
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


@contextmanager
def _figure(path: Path, size: tuple[float, float], title: str, note: str) -> "Iterator[Figure]":
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, dpi=DPI, layout="constrained", facecolor="white")
    yield figure
    figure.suptitle(title, color=INK, fontsize=12, fontweight="bold")
    figure.supxlabel(note, color=QUIET, fontsize=7.5)
    with replacing(path) as aside:
        figure.savefig(aside)


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
