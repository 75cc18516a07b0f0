import numpy as np
import pytest

from undertone.audio import SAMPLE_RATE
from undertone.speech import views
from undertone.speech.views import MOST_MOVED, SPEEDS, view

TIME = np.arange(SAMPLE_RATE) / SAMPLE_RATE
VOICE = (0.3 * np.sin(2 * np.pi * 200 * TIME) * np.sin(np.pi * TIME)).astype(np.float32)


def share_above(samples: np.ndarray, hertz: float) -> float:
    power = np.abs(np.fft.rfft(samples)) ** 2
    return float(power[np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE) > hertz].sum() / power.sum())


def test_a_view_follows_from_recording_and_number() -> None:
    assert np.array_equal(view(VOICE, "a", 1), view(VOICE, "a", 1))
    for other in (view(VOICE, "b", 1), view(VOICE, "a", 2)):
        assert not np.array_equal(view(VOICE, "a", 1), other)


def test_views_are_as_long_as_the_recording_or_nearly() -> None:
    lengths = {len(view(VOICE, "a", number)) for number in range(1, 30)}
    assert len(lengths) > 10
    longest = (len(VOICE) + 2 * MOST_MOVED) / min(SPEEDS)
    shortest = (len(VOICE) - 2 * MOST_MOVED) / max(SPEEDS)
    assert shortest - 1 <= min(lengths) < max(lengths) <= longest + 1
    assert len(view(VOICE[:40], "a", 1)) >= 30


def test_a_loud_recording_is_not_clipped() -> None:
    loud = VOICE / np.abs(VOICE).max()
    for number in range(1, 20):
        seen = view(loud, "a", number)
        assert seen.dtype == np.float32
        assert np.abs(seen).max() <= 1


@pytest.mark.parametrize("line", [False, True])
def test_the_telephone_cuts_what_is_high(line: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "LINE_SHARE", float(line))
    hiss = np.random.default_rng(0).normal(0, 0.1, SAMPLE_RATE).astype(np.float32)
    shares = [share_above(view(hiss, "a", number), 4500) for number in range(1, 6)]
    assert max(shares) < 0.001 if line else min(shares) > 0.3


def test_the_ends_alone_move_where_nothing_else_is_drawn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(views, "LINE_SHARE", 0.0)
    monkeypatch.setattr(views, "NOISY_SHARE", 0.0)
    monkeypatch.setattr(views, "SPED_SHARE", 0.0)
    seen = view(VOICE, "a", 1)
    middle = VOICE[4000:12_000]
    places = np.lib.stride_tricks.sliding_window_view(seen, len(middle))
    assert np.abs(places - middle).max(axis=1).min() < 1e-6


def test_another_speed_moves_the_pitch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "LINE_SHARE", 0.0)
    monkeypatch.setattr(views, "NOISY_SHARE", 0.0)
    monkeypatch.setattr(views, "SPED_SHARE", 1.0)
    pitches = []
    for number in range(1, 10):
        seen = view(VOICE, "a", number)
        pitches.append(np.abs(np.fft.rfft(seen)).argmax() * SAMPLE_RATE / len(seen))
    assert min(SPEEDS) * 200 - 3 < min(pitches) < 195
    assert 205 < max(pitches) < max(SPEEDS) * 200 + 3
