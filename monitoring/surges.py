"""Whether more people than usual show negative emotions: the gate, one-sided, on their share."""

from enum import StrEnum

from monitoring.calls import Calls
from monitoring.evidence import Evidence, Window
from monitoring.finding import Finding, Verdict
from monitoring.gate import DriftGate
from monitoring.reference import Reference
from undertone.config import DriftParams

NEGATIVE = "negative"


class Surge(StrEnum):
    """Whether more callers than usual show negative emotions."""

    NONE = "none"
    BEGINS = "begins"
    GOES_ON = "goes on"
    ENDS = "ends"


class SurgeGate:
    """The drift gate on the share of negative emotions together, upwards alone.

    Attributes:
        gate: has `false_alarms_per_30_days` of its own.

    Args:
        reference: what predictions look like when nothing is wrong.
        params: which emotions are negative, the smallest surge, false alarms allowed.
    """

    def __init__(self, reference: Reference, params: DriftParams) -> None:
        self._reference = reference
        self._emotions = params.negative
        self.gate = DriftGate(
            reference.pooled(NEGATIVE, params.negative),
            params.model_copy(update={"shift": params.negative_shift}),
            signs=(1,),
        )

    def window(self, calls: Calls) -> Window:
        """Calls in sums."""
        pooled = self._reference.pool(calls.means, self._emotions)
        return self.gate.window(Calls(pooled, calls.hours))

    def judge(
        self, evidence: Evidence, window: Window, elapsed: float, *, surging: bool
    ) -> tuple[Evidence, Finding, Surge]:
        """Judge one more window; see `DriftGate.judge`.

        Args:
            evidence: what the windows before it left.
            window: live predictions, summed up.
            elapsed: the window's length in nominal windows.
            surging: whether the share surged after the window before.
        """
        grown, finding = self.gate.judge(evidence, window, elapsed)
        return grown, finding, _surge(finding.verdict, surging)


def _surge(verdict: Verdict, surging: bool) -> Surge:
    if verdict is Verdict.MIX:
        return Surge.GOES_ON if surging else Surge.BEGINS
    if not surging:
        return Surge.NONE
    return Surge.ENDS if verdict is Verdict.STEADY else Surge.GOES_ON
