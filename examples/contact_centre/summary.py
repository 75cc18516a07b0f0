"""A call afterwards: its arc of mood, where it turned, as tables and as a picture."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.signal import find_peaks

from examples.contact_centre.mood import Alert, Moment
from examples.contact_centre.settings import SummaryRule
from undertone.abstention import UNKNOWN
from undertone.evaluation.plots import BLUE, INK, QUIET, RED, figure, tidy
from undertone.files import write_json, write_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CORRECTION = "correction"

Array = npt.NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Turn:
    """A turning point.

    Attributes:
        at: seconds of the call.
        valence: of the arc.
        change: what the mood did from there on.
        text: what the customer said there.
    """

    at: float
    valence: float
    change: str
    text: str


class Summary:
    """What became of a call.

    Utterances whose emotion is unknown stand in the table and count for nothing else.

    Attributes:
        turns: the turning points, in order.

    Args:
        moments: all utterances of the customer.
        alerts: calls for a supervisor.
        rule: how the arc is drawn.
    """

    def __init__(
        self, moments: Sequence[Moment], alerts: Sequence[Alert], rule: SummaryRule
    ) -> None:
        self._moments = moments
        self._alerts = alerts
        self._known = [one for one in moments if one.emotion != UNKNOWN]
        valence = pd.Series([one.valence for one in self._known], dtype=float)
        self._arc: Array = valence.rolling(rule.utterances, min_periods=1).mean().to_numpy()
        self.turns = self._turns(rule.turn)

    def _turns(self, prominence: float) -> list[Turn]:
        """Highs and lows of the arc that stand out."""
        turns = [
            Turn(
                at=self._known[place].end,
                valence=round(float(self._arc[place]), 4),
                change=change,
                text=self._known[place].text,
            )
            for sign, change in ((1, "worse"), (-1, "better"))
            for place in find_peaks(sign * self._arc, prominence=prominence)[0]
        ]
        return sorted(turns, key=lambda turn: turn.at)

    def table(self) -> pd.DataFrame:
        """A row per utterance, with an empty column for the agent's corrections."""
        columns = ["prediction_id", "start", "end", "emotion", "valence", "text"]
        rows = [[getattr(one, name) for name in columns] for one in self._moments]
        return pd.DataFrame(rows, columns=columns).assign(**{CORRECTION: ""})

    def as_json(self) -> dict[str, Any]:
        """The call in JSON's types."""
        return {
            "utterances": len(self._moments),
            "unknown": len(self._moments) - len(self._known),
            "mood": self._mood(),
            "arc": [
                {"at": one.end, "valence": round(value, 4)}
                for one, value in zip(self._known, self._arc.tolist(), strict=True)
            ],
            "turning_points": list(map(dataclasses.asdict, self.turns)),
            "alerts": list(map(dataclasses.asdict, self._alerts)),
        }

    def write(self, folder: Path, call: str) -> None:
        """Write `utterances.csv`, `summary.json` and `arc.png`."""
        write_text(folder / "utterances.csv", self.table().to_csv(index=False))
        write_json(folder / "summary.json", {"call": call} | self.as_json())
        self._draw(folder / "arc.png", call)

    def _mood(self) -> dict[str, float]:
        """The mean distribution over emotions."""
        mean = pd.DataFrame([one.distribution for one in self._known]).mean()
        return {str(emotion): round(float(share), 4) for emotion, share in mean.items()}

    def _draw(self, path: Path, call: str) -> None:
        ends = [one.end for one in self._known]
        note = f"valence of {len(self._known)} utterances, and its running mean"
        with figure(path, (8.0, 3.6), f"The customer's mood in {call}", note) as drawn:
            axes = drawn.add_subplot()
            axes.axhline(0, color=QUIET, lw=0.6)
            axes.plot(ends, [one.valence for one in self._known], "o", color=QUIET, ms=4)
            axes.plot(ends, self._arc, "-", color=BLUE, lw=2)
            for one in self._known:
                _write(axes, one.end, one.valence, one.emotion, above=8)
            for turn in self.turns:
                axes.plot(turn.at, turn.valence, "D", color=BLUE, ms=6)
                _write(axes, turn.at, turn.valence, f"{turn.change} from here", above=-16)
            for alert in self._alerts:
                axes.axvline(alert.at, color=RED, lw=1.5, zorder=0)
                axes.text(alert.at, -1.02, " supervisor", color=RED, fontsize=8, va="bottom")
            axes.set(ylim=(-1.1, 1.1), xlabel="seconds of the call", ylabel="valence")
            tidy(axes)


def _write(axes: "Axes", at: float, valence: float, text: str, above: int) -> None:
    axes.annotate(
        text,
        (at, valence),
        xytext=(0, above),
        textcoords="offset points",
        ha="center",
        fontsize=7,
        color=INK,
    )
