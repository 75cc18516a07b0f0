"""Which speakers are female and which male, where their corpus tells."""

import re
from collections.abc import Callable

EMODB_FEMALE = frozenset({8, 9, 13, 14, 16})
SPEAKER = re.compile(r"(?P<corpus>emodb-|ravdess-|voice)(?P<number>\d+)")

_FEMALE: dict[str, Callable[[int], bool]] = {
    "emodb-": lambda number: number in EMODB_FEMALE,
    "ravdess-": lambda number: number % 2 == 0,
    "voice": lambda number: number % 2 == 0,  # of the generated corpus
}


def sex_of(speaker_id: str) -> str | None:
    """`female` or `male`, none for a speaker whose corpus does not tell.

    Args:
        speaker_id: as the adapters of EmoDB, RAVDESS and the generated corpus write it.
    """
    match = SPEAKER.fullmatch(speaker_id)
    if match is None:
        return None
    return "female" if _FEMALE[match["corpus"]](int(match["number"])) else "male"
