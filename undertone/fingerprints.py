"""Telling that two recordings hold the same take, re-encoded, at another level or trimmed."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from undertone.audio import Samples

BANDS = 16
STEP = 2  # frames of 10 ms from one compared difference to the next
COMPARED = 64  # differences in time, 1.28 s
MOST_SHIFT = 20  # frames by which two middles may be apart
MOST_CUT = 50  # frames by which the lengths may differ
SAME_TAKE = 0.68  # of the middles
SAME_WHOLE = 0.58  # of all that overlaps
BLOCK = 512

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.intp]


class Pair(NamedTuple):
    """Two recordings by their position, and how alike their fingerprints are (at most 1)."""

    first: int
    second: int
    similarity: float


def fingerprint(samples: Samples) -> Floats:
    """How the energy differences between neighbouring bands change over time.

    The differences of Haitsma and Kalker, "A Highly Robust Audio Fingerprinting System", ISMIR
    2002, kept as numbers rather than signs and taken from Whisper's log-mel features. Level and
    a fixed colouring cancel out.

    Args:
        samples: mono 16 kHz.

    Returns:
        Differences [T, 15], one every 10 ms.
    """
    from undertone.speech.features import log_mel, real_frames

    energies = log_mel(samples)[:, : real_frames(len(samples))]
    bands = energies.reshape(BANDS, -1, energies.shape[1]).mean(axis=1)
    smooth = (bands[:, 1:] + bands[:, :-1]) / STEP
    change = smooth[:, STEP:] - smooth[:, :-STEP]
    return np.ascontiguousarray(np.diff(change, axis=0).T, dtype=np.float32)


def same_takes(prints: Sequence[Floats]) -> list[Pair]:
    """Pairs of recordings that hold the same take.

    The middle 1.28 s of one are laid over the other, up to 0.2 s to either side, and the cosine
    of the best fit is compared with 0.68. Measured on all of EmoDB and RAVDESS, and on 100 clips
    of each that were changed:

    | cosine | EmoDB | RAVDESS |
    |---|---|---|
    | highest of distinct takes of one sentence by one speaker | 0.46 | 0.62 |
    | highest of other speakers | 0.38 | 0.37 |
    | lowest after 6 dB less | 1.00 | 1.00 |
    | lowest after 100 ms cut off at both ends | 0.94 | 1.00 |
    | lowest after 250 ms cut off in front | 0.91 | 1.00 |
    | lowest after MP3 at 64 kbit/s | 0.93 | 0.92 |
    | lowest after AAC at 48 kbit/s | 0.74 | 0.78 |
    | lowest after 93 ms less in front, 6 dB less and MP3 | 0.85 | 0.76 |
    | lowest after white noise at 30 dB, which may be missed | 0.46 | 0.55 |

    What is left is then compared over all that overlaps, with 0.58, as synthetic voices say whole
    phrases alike: two generated sentences had 0.74 in the middle and 0.48 over all, while 60 clips
    of EmoDB and of RAVDESS had 0.68 or more after AAC, and after a cut in front, 6 dB less and MP3.

    Recordings whose lengths differ by over half a second are not compared.

    Args:
        prints: [N], from `fingerprint`.
    """
    lengths = np.array([len(one) for one in prints])
    order = np.argsort(lengths, kind="stable")
    best: dict[tuple[int, int], float] = {}
    for block, others in _blocks(lengths, order):
        for places, similarity in _alike(prints, block, others):
            best[places] = max(similarity, best.get(places, -1.0))
    return [
        Pair(first, second, similarity)
        for (first, second), similarity in sorted(best.items())
        if abs(lengths[first] - lengths[second]) <= MOST_CUT
        and _overlap(prints[first], prints[second]) > SAME_WHOLE
    ]


def _blocks(lengths: Indices, order: Indices) -> Iterator[tuple[Indices, Indices]]:
    """Some recordings at a time, and all that are about as long as they or a little longer."""
    for start in range(0, len(order), BLOCK):
        block = order[start : start + BLOCK]
        near = lengths[order[start:]] <= lengths[block[-1]] + MOST_CUT
        yield block, order[start:][near]


def _alike(
    prints: Sequence[Floats], block: Indices, others: Indices
) -> Iterator[tuple[tuple[int, int], float]]:
    middles = _windows([prints[place] for place in block], 0)
    best = np.full((len(block), len(others)), -1.0, np.float32)
    for shift in range(-MOST_SHIFT, MOST_SHIFT + 1):
        np.maximum(best, middles @ _windows([prints[k] for k in others], shift).T, out=best)
    for row, column in np.argwhere(best > SAME_TAKE):
        first, second = sorted((int(block[row]), int(others[column])))
        if first != second:
            yield (first, second), float(best[row, column])


def _windows(prints: Sequence[Floats], shift: int) -> Floats:
    """The middles of recordings, moved by `shift` frames, as unit vectors [N, 64·15]."""
    return np.stack([_window(one, shift) for one in prints])


def _window(one: Floats, shift: int) -> Floats:
    span = STEP * COMPARED
    start = (len(one) - span) // 2 + shift
    cut = np.zeros((span, one.shape[1]), np.float32)
    first, last = max(start, 0), min(start + span, len(one))
    if last > first:
        cut[first - start : last - start] = one[first:last]
    flat = cut[::STEP].ravel()
    return np.asarray(flat / max(float(np.linalg.norm(flat)), 1e-6), np.float32)


def _overlap(first: Floats, second: Floats) -> float:
    """Cosine over all that overlaps, at the best shift of the middles."""
    return max(_fit(first, second, shift) for shift in range(-MOST_SHIFT, MOST_SHIFT + 1))


def _fit(first: Floats, second: Floats, shift: int) -> float:
    here, there = len(first) // 2, len(second) // 2 + shift
    before, after = min(here, there), min(len(first) - here, len(second) - there)
    span = max(0, before + after)
    ours = first[here - before :][:span:STEP].ravel()
    theirs = second[there - before :][:span:STEP].ravel()
    norm = float(np.linalg.norm(ours) * np.linalg.norm(theirs))
    return float(ours @ theirs) / max(norm, 1e-6)
