import io
import os
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from scipy.signal import lfilter

from undertone.audio import Samples, decode
from undertone.config import AudioParams
from undertone.corpora.folders import audio_files
from undertone.fingerprints import fingerprint, same_takes

DATA = os.environ.get("UNDERTONE_TEST_DATA")
RATE = 16_000


def babbled(seed: int, seconds: float = 2.0) -> Samples:
    """Syllables of buzz through moving resonances: something like speech, made by chance."""
    generator = np.random.default_rng(seed)
    parts = []
    for _ in range(int(seconds / 0.1)):
        buzz = 0.1 * generator.normal(size=RATE // 10)
        buzz[:: int(generator.integers(80, 160))] += 1
        for hertz in generator.uniform((200, 800), (900, 3000)):
            angle = 2 * np.pi * hertz / RATE
            buzz = lfilter([1], [1, -1.9 * np.cos(angle), 0.9], buzz)
        parts.append(buzz * generator.uniform(0.05, 1))
    voice = np.concatenate(parts)
    return np.asarray(0.5 * voice / np.abs(voice).max(), np.float32)


def coded(samples: Samples, container: str, codec: str, bits: int) -> Samples:
    written = io.BytesIO()
    with av.open(written, "w", format=container) as file:
        stream = file.add_stream(codec, rate=RATE, layout="mono")
        stream.bit_rate = bits
        pcm = (np.clip(samples, -1, 1) * 32767).astype(np.int16)[None]
        frame = av.AudioFrame.from_ndarray(pcm, format="s16", layout="mono")
        frame.sample_rate = RATE
        form, size = stream.codec_context.format, stream.codec_context.frame_size
        fit = av.AudioResampler(format=form, layout="mono", rate=RATE, frame_size=size)
        for piece in [*fit.resample(frame), *fit.resample(None)]:
            file.mux(stream.encode(piece))
        file.mux(stream.encode(None))
    return decode(written.getvalue(), AudioParams()).samples


CHANGES: dict[str, Callable[[Samples], Samples]] = {
    "the same": lambda samples: samples,
    "6 dB less": lambda samples: 0.5 * samples,
    "100 ms cut in front": lambda samples: samples[1600:],
    "100 ms cut at both ends": lambda samples: samples[1600:-1600],
    "MP3": lambda samples: coded(samples, "mp3", "libmp3lame", 64_000),
    "AAC": lambda samples: coded(samples, "mp4", "aac", 48_000),
    "93 ms cut, 6 dB less, MP3": lambda samples: coded(
        0.5 * samples[1493:], "mp3", "libmp3lame", 64_000
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_take_is_known_again(change: Callable[[Samples], Samples]) -> None:
    takes = [babbled(seed) for seed in range(4)]
    prints = [fingerprint(samples) for samples in [*takes, change(takes[2])]]
    assert [(pair.first, pair.second) for pair in same_takes(prints)] == [(2, 4)]


def test_takes_of_very_different_length_are_not_compared() -> None:
    take = babbled(0, seconds=3.0)
    assert not same_takes([fingerprint(take), fingerprint(take[: 2 * RATE])])


def test_sentences_that_share_a_phrase_are_told_apart() -> None:
    phrase, ends = babbled(0, seconds=1.3), [babbled(seed, seconds=0.9) for seed in range(1, 5)]
    sentences = [np.concatenate([ends[k], phrase, ends[k + 1]]) for k in (0, 2)]
    assert not same_takes([fingerprint(samples) for samples in sentences])


def test_short_and_silent_recordings_are_like_nothing() -> None:
    silence = np.zeros(RATE, np.float32)
    prints = [fingerprint(samples) for samples in (silence, silence, babbled(0)[:800])]
    assert not same_takes(prints)


@pytest.mark.skipif(not DATA, reason="UNDERTONE_TEST_DATA is not set")
def test_takes_of_one_sentence_by_one_actor_are_told_apart() -> None:
    files = [file for file in audio_files(Path(str(DATA)) / "emodb") if file.stem[:5] == "13b10"]
    takes = [decode(file, AudioParams()).samples for file in files]
    copied = coded(takes[0], "mp3", "libmp3lame", 64_000)
    assert len(takes) >= 5
    prints = [fingerprint(samples) for samples in [*takes, copied]]
    assert [(pair.first, pair.second) for pair in same_takes(prints)] == [(0, len(takes))]
