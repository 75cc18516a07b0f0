"""Recordings that are heard block by block."""

import io
import tracemalloc
from itertools import chain

import numpy as np
import pytest
import soundfile

from undertone.audio import SAMPLE_RATE, decode
from undertone.config import LongParams, Params
from undertone.errors import AudioError
from undertone.long import Hearing
from undertone.streaming import Segmenter

PARAMS = Params()


def loud(chunk):
    return float(np.abs(chunk).max() > 0.1)


def recording(minutes, container="FLAC"):
    """Half a second of noise in each two seconds of near silence."""
    rng = np.random.default_rng(3)
    level = np.repeat([0.001, 0.5, 0.001, 0.001], SAMPLE_RATE // 2)
    file = io.BytesIO()
    with soundfile.SoundFile(file, "w", SAMPLE_RATE, 1, format=container) as out:
        for _ in range(int(minutes * 30)):
            out.write(level * rng.uniform(-1, 1, len(level)))
    file.seek(0)
    return file


def test_it_is_cut_as_the_same_stream_would_be():
    file = recording(1)
    hearing = Hearing(file, PARAMS, loud)
    heard = list(chain.from_iterable(hearing))
    whole = decode(file.getvalue(), PARAMS.audio).samples
    segmenter = Segmenter(PARAMS.streaming, loud)
    streamed = [*segmenter.push(whole), *filter(None, [segmenter.finish()])]
    assert [one.start for one in heard] == [one.start for one in streamed]
    assert len(heard) == 30
    assert all(
        np.array_equal(one.samples, other.samples)
        for one, other in zip(heard, streamed, strict=True)
    )


def test_it_tells_how_far_it_is():
    hearing = Hearing(recording(0.5), PARAMS, loud)
    assert (hearing.seconds, hearing.total_seconds) == (0, pytest.approx(30))
    seen = [hearing.seconds for _ in hearing]
    assert seen == sorted(seen)
    assert 0 < seen[0] < 12
    assert seen[-1] == pytest.approx(30)


def test_memory_does_not_grow_with_the_length():
    def peak(minutes):
        file = recording(minutes)
        tracemalloc.start()
        for _ in Hearing(file, PARAMS, lambda chunk: 0.0):
            pass
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    assert peak(8) < 1.2 * peak(1)


@pytest.mark.parametrize("claims", [True, False])
def test_a_recording_over_the_bound_is_refused(claims):
    params = PARAMS.model_copy(update={"long": LongParams(max_seconds=20)})
    file = recording(0.5)
    if not claims:
        data = bytearray(file.getvalue())
        data[21:26] = bytes([data[21] & 0xF0, 0, 0, 0, 0])  # a FLAC that says no length
        file = io.BytesIO(data)
    with pytest.raises(AudioError, match="too long"):
        list(Hearing(file, params, loud))


def test_what_was_heard_of_a_cut_off_file_was_heard():
    data = recording(1).getvalue()
    hearing = Hearing(io.BytesIO(data[: len(data) // 2]), PARAMS, loud)
    heard = []
    with pytest.raises(AudioError):
        heard.extend(hearing)
    assert hearing.seconds > 10
