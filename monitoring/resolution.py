"""What a reference can resolve: tolerance bands, and the smallest shift it can speak of."""

from collections.abc import Sequence

import numpy as np
from scipy.stats import norm

from monitoring.bets import WIDEST_BAND
from monitoring.evidence import Window
from monitoring.ranks import Array
from monitoring.reference import Reference
from undertone.config import DriftParams

SHIFTS = (0.05, 0.10, 0.15, 0.20)
LEAST_BAND = 0.25
ERRORS_IN_BAND = 2.0
CONFIDENCE = 0.95
TOO_FINE = 1.3
WINDOWS_FOR_CHECK = 5


def smallest_shifts(reference: Reference, params: DriftParams) -> Array:
    """δ of each channel [C]: the setting, or the least for which the reference has enough calls.

    Enough means that it takes no more live calls than the reference has to call them steady.
    """
    emotions, signals = len(reference.emotions), len(reference.ranks)
    shift = params.shift or next(
        (s for s in SHIFTS if calls_for_steady(reference, s, params.power) <= len(reference.calls)),
        SHIFTS[-1],
    )
    return np.repeat([shift, params.signal_shift], [emotions, signals])


def tolerance(reference: Reference, smallest: Array) -> Array:
    """Half-width of the band that is not drift [C]: a quarter of δ, or two standard errors."""
    return np.maximum(LEAST_BAND * smallest, ERRORS_IN_BAND * reference.error)


def calls_for_steady(reference: Reference, shift: float, power: float) -> float:
    """Live calls until "no emotion is `shift` away" holds with this power if nothing changed.

    Infinite where the reference's own error is too large for it.
    """
    classes = len(reference.emotions)
    reach = simultaneous(classes) + norm.ppf(1 - (1 - power) / 2 / classes)
    room = (shift / reach) ** 2 - reference.error[:classes] ** 2
    if (room <= 0).any():
        return float("inf")
    return float(np.ceil((reference.variance[:classes] / room).max()))


def simultaneous(comparisons: int) -> float:
    """Normal quantile of two-sided intervals that hold together with 95 % confidence."""
    return float(norm.ppf(1 - (1 - CONFIDENCE) / 2 / comparisons))


def describe(reference: Reference, smallest: Array, band: Array, needed: float) -> str:
    """Whether the reference is good enough for δ, and if not, why."""
    classes = len(reference.emotions)
    worst = int(np.argmax(band[:classes] / smallest[:classes]))
    wide = band[worst] >= WIDEST_BAND * smallest[worst]
    delta = f"{100 * smallest[0]:.0f} points"
    if not wide and np.isfinite(needed):
        return f"Good enough for shifts of {delta} ({reference.told})."
    return (
        f"Too small or too variable for shifts of {delta} ({reference.told}): the share of "
        f"{reference.emotions[worst]} is only known to ±{100 * band[worst]:.1f} points. "
        "Evaluate on more speakers, or set drift.shift higher."
    )


def check_ids(reference: Reference, windows: Sequence[Window]) -> str:
    """Whether windows vary as they should if the calls really are independent.

    The ratio of seen to expected variance of window means is 1 with the right ids. Ids too fine
    (a conversation in many calls) raise it, and then the promise on false alarms does not hold.
    """
    if len(windows) < WINDOWS_FOR_CHECK:
        return f"Call ids not checked yet ({len(windows)} of {WINDOWS_FOR_CHECK} windows)."
    classes = len(reference.emotions)
    means = np.array([window.mean[:classes] for window in windows])
    sizes = np.array([[window.calls] for window in windows])
    expected = reference.variance[:classes] / sizes + reference.error[:classes] ** 2
    ratio = float(((means - reference.mean[:classes]) ** 2 / expected).mean())
    if ratio > TOO_FINE:
        return (
            f"Windows vary {ratio:.1f} times as much as independent calls would: group utterances "
            "of one conversation under one call_id, or the promise on false alarms does not hold."
        )
    return f"Windows vary as independent calls do ({ratio:.2f}, expected 1)."
