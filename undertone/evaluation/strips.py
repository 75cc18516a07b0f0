"""A picture of one recording: which emotion appears when, in truth and as it was heard."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from undertone.audio import SAMPLE_RATE, Samples
from undertone.evaluation.diarisation import Span
from undertone.evaluation.plots import INK, QUIET, figure, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLORS = {
    "anger": "#c8553d",
    "boredom": "#8a7f6d",
    "calm": "#7fb3a2",
    "disgust": "#7a8f3c",
    "fear": "#6d4c91",
    "happiness": "#e0a030",
    "neutral": "#d5dbe1",
    "sadness": "#2f6f9f",
    "surprise": "#d17fa8",
}
PALE = ("calm", "happiness", "neutral", "surprise")  # dark letters can be read on these
HEIGHT = 0.7


def plot_strips(
    path: Path,
    strips: Mapping[str, Sequence[Span]],
    samples: Samples,
    *,
    title: str,
    note: str,
) -> None:
    """Draw a recording's waveform, and beneath it a coloured strip for each account of it.

    Args:
        path: the PNG to write.
        strips: spans by name, in the order to be drawn.
        samples: float32 [time], mono 16 kHz.
        title: what is shown.
        note: small print under the picture.
    """
    seconds = len(samples) / SAMPLE_RATE
    with figure(path, (9.0, 2.2 + 0.5 * len(strips)), title, note) as drawing:
        wave, lower = drawing.subplots(2, 1, sharex=True, height_ratios=[1.2, len(strips)])
        wave.plot([place / SAMPLE_RATE for place in range(len(samples))], samples, QUIET, lw=0.3)
        wave.set_yticks([])
        for row, spans in enumerate(strips.values()):
            _draw(lower, row, spans, seconds)
        lower.set_yticks(range(len(strips)), list(strips))
        lower.set(xlim=(0, seconds), ylim=(len(strips) - 0.5, -0.5), xlabel="seconds")
        for axes in (wave, lower):
            tidy(axes)


def _draw(axes: "Axes", row: int, spans: Sequence[Span], seconds: float) -> None:
    for span in spans:
        width = span.end - span.start
        axes.barh(row, width, HEIGHT, span.start, color=COLORS[span.emotion], edgecolor="white")
        if width > seconds / 12:
            middle, ink = span.start + width / 2, INK if span.emotion in PALE else "white"
            axes.text(middle, row, span.emotion, ha="center", va="center", color=ink, fontsize=9)
