import os
from pathlib import Path

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st
from sounds import voice

from undertone.audio import (
    SAMPLE_RATE,
    Recording,
    clean,
    decode,
    quality,
    speech_segments,
)
from undertone.audio.measures import bandwidth, signal_to_noise
from undertone.config import AudioParams

PARAMS = AudioParams()
VOICE = voice(2.0).astype(np.float32)


def test_loudness_of_the_reference_tone() -> None:
    time = np.arange(5 * SAMPLE_RATE) / SAMPLE_RATE
    tone = np.sin(2 * np.pi * 997 * time).astype(np.float32)
    assert Recording(tone).loudness == pytest.approx(-3.01, abs=0.1)


@settings(max_examples=20, deadline=None)
@given(st.floats(-80, 0), st.floats(0.2, 1.5))
def test_loudness_follows_the_gain(gain_db: float, seconds: float) -> None:
    samples = VOICE[: int(seconds * SAMPLE_RATE)]
    quieter = (samples * 10 ** (gain_db / 20)).astype(np.float32)
    assert Recording(quieter).loudness == pytest.approx(
        Recording(samples).loudness + gain_db, abs=0.01
    )


@pytest.mark.parametrize("level", [0.9, 0.05, 0.0005])
@pytest.mark.parametrize("seconds", [0.25, 2.0])
def test_clean_brings_all_levels_to_one_loudness(level: float, seconds: float) -> None:
    recording = Recording((VOICE[: int(seconds * SAMPLE_RATE)] * level).astype(np.float32))
    cleaned = clean(recording, PARAMS)
    assert cleaned.loudness == pytest.approx(PARAMS.loudness_lufs, abs=0.1)
    assert len(cleaned.samples) == len(recording.samples)


def test_clean_never_clips() -> None:
    clicks = np.zeros(SAMPLE_RATE, np.float32)
    clicks[::4000] = 0.5
    cleaned = clean(Recording(clicks), AudioParams(loudness_lufs=-5))
    assert np.abs(cleaned.samples).max() == pytest.approx(0.99)


def test_clean_leaves_silence_alone() -> None:
    silence = Recording(np.zeros(SAMPLE_RATE, np.float32))
    assert clean(silence, PARAMS) is silence


def test_denoising_lowers_the_noise() -> None:
    rng = np.random.default_rng(0)
    still = np.zeros(SAMPLE_RATE // 2)
    noisy = np.concatenate([still, VOICE, still]) + rng.normal(0, 0.01, 3 * SAMPLE_RATE)
    recording = Recording(noisy.astype(np.float32))
    denoised = clean(recording, AudioParams(denoise=True))
    spoken = [(0.5, 2.5)]
    before = signal_to_noise(clean(recording, PARAMS).samples, spoken)
    assert signal_to_noise(denoised.samples, spoken) > before + 3


@pytest.mark.parametrize("snr", [5, 15, 30])
@pytest.mark.parametrize("pauses", [True, False])
def test_signal_to_noise_ratio(snr: float, pauses: bool) -> None:
    rng = np.random.default_rng(0)
    tone = np.sin(np.arange(2 * SAMPLE_RATE) * 0.3)
    tone[: SAMPLE_RATE // 2] = tone[-SAMPLE_RATE // 2 :] = 0
    noise = rng.normal(0, np.sqrt(0.5) * 10 ** (-snr / 20), len(tone))
    samples = (tone + noise).astype(np.float32)
    speech = [(0.5, 1.5)] if pauses else [(0.0, 2.0)]
    assert signal_to_noise(samples, speech) == pytest.approx(snr, abs=1 if pauses else 5)


@pytest.mark.parametrize("rate", [4_000, 8_000, 12_000])
def test_bandwidth_is_half_the_rate_the_audio_once_had(rate: int) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 2 * rate)
    samples = soxr.resample(noise, rate, SAMPLE_RATE).astype(np.float32)
    assert bandwidth(samples) == pytest.approx(rate / 2, rel=0.1)


def test_quality_figures_are_finite_even_of_nothing() -> None:
    figures = quality(Recording(np.zeros(100, np.float32), 8_000, 2), [])
    assert all(np.isfinite(value) for value in figures.model_dump().values())
    assert (figures.sample_rate, figures.channels, figures.speech_s) == (8_000, 2, 0.0)


def test_no_speech_in_noise_or_silence() -> None:
    noise = np.random.default_rng(0).normal(0, 0.05, SAMPLE_RATE).astype(np.float32)
    assert speech_segments(noise) == []
    assert speech_segments(np.zeros(SAMPLE_RATE, np.float32)) == []


@pytest.mark.skipif(not os.environ.get("UNDERTONE_TEST_DATA"), reason="UNDERTONE_TEST_DATA not set")
def test_speech_is_found_between_pauses() -> None:
    clip = Path(os.environ["UNDERTONE_TEST_DATA"], "emodb", "03a01Fa.flac")
    speech = decode(clip, PARAMS).samples
    pause = np.zeros(SAMPLE_RATE, np.float32)
    first, *_, last = speech_segments(np.concatenate([pause, speech, pause, speech, pause]))
    assert first[0] == pytest.approx(1.0, abs=0.3)
    assert last[1] == pytest.approx(2 + 2 * len(speech) / SAMPLE_RATE, abs=0.5)
