import numpy as np
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from undertone.audio import from_pcm16
from undertone.streaming.resampling import Resampler

PCM = np.random.default_rng(3).integers(-30_000, 30_000, 4_000).astype("<i2")


def test_16_khz_stays_as_it_is():
    assert np.array_equal(Resampler(16_000)(PCM.tobytes()), from_pcm16(PCM).samples)


@given(st.lists(st.integers(0, len(PCM)), max_size=20))
@settings(max_examples=30, deadline=None)
def test_8_khz_in_pieces_is_8_khz_as_a_whole(marks):
    resampler = Resampler(8_000)
    pieces = np.split(PCM, sorted(marks))
    heard = [resampler(piece.tobytes()) for piece in pieces] + [resampler(b"", last=True)]
    whole = soxr.resample(from_pcm16(PCM).samples, 8_000, 16_000).clip(-1, 1)
    assert np.array_equal(np.concatenate(heard), whole.astype(np.float32))
