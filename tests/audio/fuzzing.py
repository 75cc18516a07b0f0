"""Broken recordings, and what becomes of them in a process of their own.

By hand, for more of them: `python tests/audio/fuzzing.py FIRST_SEED HOW_MANY`.
"""

import io
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator

import numpy as np
import soundfile

from undertone.audio import decode
from undertone.config import AudioParams
from undertone.errors import AudioError

PARAMS = AudioParams(max_bytes=1_000_000, max_seconds=20)
LONGEST_S = 5.0
MEMORY = 3 << 30
HEADER = 120
FORMATS = {
    "wav": ("WAV", "PCM_16"),
    "float": ("WAV", "FLOAT"),
    "adpcm": ("WAV", "IMA_ADPCM"),
    "flac": ("FLAC", "PCM_16"),
    "vorbis": ("OGG", "VORBIS"),
    "opus": ("OGG", "OPUS"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
    "aiff": ("AIFF", "PCM_16"),
    "caf": ("CAF", "PCM_16"),
    "au": ("AU", "PCM_16"),
}
EDGES = (0, 1, 0x7F, 0x80, 0xFF)


def seeds() -> dict[str, bytes]:
    """A small valid file of each format."""
    rng = np.random.default_rng(11)
    samples = 0.2 * rng.normal(size=8000).clip(-3, 3)
    files = {}
    for name, (container, subtype) in FORMATS.items():
        file = io.BytesIO()
        soundfile.write(file, samples, 16_000, subtype, format=container)
        files[name] = file.getvalue()
    return files


def mutated(data: bytes, rng: np.random.Generator) -> bytes:
    """The file after one to six accidents."""
    broken = bytearray(data)
    for _ in range(rng.integers(1, 7)):
        accident = ACCIDENTS[rng.integers(len(ACCIDENTS))]
        accident(broken, rng)
    return bytes(broken)


def _place(data: bytearray, rng: np.random.Generator) -> int:
    """A place in the file, every other time in its header."""
    end = min(len(data), HEADER) if rng.random() < 0.5 else len(data)
    return int(rng.integers(max(1, end)))


def _flip(data: bytearray, rng: np.random.Generator) -> None:
    if data:
        data[_place(data, rng)] ^= 1 << int(rng.integers(8))


def _edge(data: bytearray, rng: np.random.Generator) -> None:
    place, size = _place(data, rng), int(rng.choice([1, 2, 4, 8]))
    data[place : place + size] = bytes([int(rng.choice(EDGES))]) * size


def _cut(data: bytearray, rng: np.random.Generator) -> None:
    del data[_place(data, rng) + 1 :]


def _remove(data: bytearray, rng: np.random.Generator) -> None:
    place = _place(data, rng)
    del data[place : place + int(rng.integers(1, 64))]


def _insert(data: bytearray, rng: np.random.Generator) -> None:
    place = _place(data, rng)
    data[place:place] = rng.bytes(int(rng.integers(1, 64)))


def _repeat(data: bytearray, rng: np.random.Generator) -> None:
    place = _place(data, rng)
    data[place:place] = data[place : place + int(rng.integers(1, 2000))]


def _swap(data: bytearray, rng: np.random.Generator) -> None:
    one, other = _place(data, rng), _place(data, rng)
    data[one : one + 16], data[other : other + 16] = (
        data[other : other + 16],
        data[one : one + 16],
    )


ACCIDENTS = (_flip, _edge, _cut, _remove, _insert, _repeat, _swap)


def broken_files(valid: dict[str, bytes], first: int, count: int) -> Iterator[tuple[str, bytes]]:
    """What seeds make of valid files; those in Ogg have another number each time they are made."""
    names = sorted(valid)
    for seed in range(first, first + count):
        rng = np.random.default_rng(seed)
        name = names[seed % len(names)]
        yield f"{seed} ({name})", mutated(valid[name], rng)


def main(first: int, count: int) -> None:
    """Decode broken files; whatever else happens ends the process, after the file's name."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    outcomes: Counter[str] = Counter()
    for name, data in broken_files(seeds(), first, count):
        sys.stdout.write(name)
        sys.stdout.flush()
        began = time.process_time()
        try:
            decoded = decode(data, PARAMS)
        except AudioError as error:
            outcomes[str(error)[:40]] += 1
        else:
            assert decoded.seconds <= PARAMS.max_seconds + 1
            assert np.isfinite(decoded.samples).all()
            assert np.abs(decoded.samples).max() <= 1
            outcomes["decoded"] += 1
        assert time.process_time() - began < LONGEST_S, "too slow"
        sys.stdout.write(" ok\n")
    sys.stdout.write(f"{dict(outcomes)}\n")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
