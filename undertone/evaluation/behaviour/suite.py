"""The tests of the suite that change what a model is given, declared."""

from collections.abc import Sequence
from dataclasses import dataclass

from undertone.audio.line import Signal
from undertone.evaluation.behaviour import changes
from undertone.evaluation.behaviour.changes import Change
from undertone.evaluation.behaviour.record import Group
from undertone.evaluation.behaviour.sentences import SENTIMENTS

STEADY, NEARLY_STEADY, HALF_STEADY = 0.95, 0.9, 0.5
MOST_UAR_LOST = -0.05


@dataclass(frozen=True)
class Test:
    """A change of the input, and what the answers must keep.

    Attributes:
        name: what is done.
        group: the part of the suite it belongs to.
        unchanged: least share of answers that stay.
        uar_change: least change of UAR, where the change may cost some.
    """

    __test__ = False  # pytest's collector is not meant

    name: str
    group: Group
    unchanged: float
    uar_change: float | None = None


def sound_tests(voices: Sequence[Signal]) -> list[tuple[Test, Change]]:
    """The tests that change recordings; babble only where there are voices to mix it from."""
    noises = {"babble 20 dB": changes.babble(voices)} if voices else {}
    return [
        *((Test(name, "small changes", STEADY), change) for name, change in SMALL.items()),
        *(
            (Test(name, "noise", NEARLY_STEADY, MOST_UAR_LOST), change)
            for name, change in (noises | NOISES).items()
        ),
        (Test("telephone line", "telephone", HALF_STEADY, MOST_UAR_LOST), changes.telephone),
    ]


SMALL: dict[str, Change] = {
    "gain +2 dB": changes.gain(2.0),
    "gain -2 dB": changes.gain(-2.0),
    "white noise 35-45 dB": changes.faint_noise,
    "clipping 0.1-0.3 %": changes.clip,
    "cropped start": changes.crop_start,
    "cropped end": changes.crop_end,
    "padded start": changes.pad_start,
    "padded end": changes.pad_end,
    "high-pass 50-150 Hz": changes.highpass,
    "low-pass 6.5-7.5 kHz": changes.lowpass,
}
NOISES: dict[str, Change] = {
    "cough 10 dB": changes.coughing,
    "music 20 dB": changes.background_music,
    "white noise 20 dB": changes.white_noise,
}
TEXT_TESTS = {
    sentiment: Test(f"{sentiment} text", "text sentiment", NEARLY_STEADY, MOST_UAR_LOST)
    for sentiment in SENTIMENTS
}
