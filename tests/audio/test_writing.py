import numpy as np

from undertone.audio import decode, wav
from undertone.config import AudioParams


def test_a_wav_decodes_to_the_samples_it_was_made_of():
    pcm = np.random.default_rng(1).integers(-32_768, 32_768, 1_600)
    samples = (pcm / 32_768).astype(np.float32)
    assert np.array_equal(decode(wav(samples), AudioParams()).samples, samples)
