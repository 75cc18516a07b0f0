from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_whisper import save_encoder, tiny_encoder

from undertone.audio import Samples
from undertone.config import ListeningParams
from undertone.errors import ModelError
from undertone.hub import resolve
from undertone.speech.conversion import converted
from undertone.speech.encoder import AcousticEncoder, pool
from undertone.speech.features import log_mel, real_frames
from undertone.speech.listener import Listener, Take, merge, spoken, windows
from undertone.speech.recogniser import Recogniser, Said

SECOND = 16_000
Sentences = list[tuple[str, Samples]]


def noise(seconds: float) -> Samples:
    return np.random.default_rng(0).normal(0, 0.05, int(seconds * SECOND)).astype(np.float32)


def written(recogniser: Recogniser, states: np.ndarray, frames: int) -> Said:
    """What is said in one window."""
    return recogniser.write(states[None], [frames], timed=[True], language="en")[0]


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listener]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNDERTONE_HOME", str(tmp_path_factory.mktemp("home")))
        yield Listener(resolve("whisper-demo"), ListeningParams())


@pytest.fixture
def deaf_mute(tmp_path: Path) -> Listener:
    """A listener whose folder has no decoder, and which takes two seconds at a time."""
    return Listener(save_encoder(tiny_encoder(), tmp_path / "whisper"), ListeningParams())


def test_one_encoder_pass_gives_transcript_and_statistics(
    toy: Listener, sentences: Sentences, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes = []
    forward = AcousticEncoder.forward
    monkeypatch.setattr(
        AcousticEncoder, "forward", lambda *given: passes.append(1) or forward(*given)
    )
    heard = toy.listen(sentences[0][1], [(0.0, len(sentences[0][1]) / SECOND)])
    assert heard.transcript is not None
    assert heard.transcript.text
    assert heard.statistics.shape == toy.encoder.statistics_shape
    assert len(passes) == 1


def test_the_decoder_writes_what_ctranslate2_writes_from_its_own_encoder(
    toy: Listener, sentences: Sentences
) -> None:
    import ctranslate2

    params = ListeningParams(compute_type="float32")
    whole = ctranslate2.models.Whisper(
        str(converted(resolve("whisper-demo"), "float32")), compute_type="float32"
    )
    recogniser = Recogniser(resolve("whisper-demo"), params)
    for _, samples in sentences:
        features = log_mel(samples)[None]
        frames = real_frames(len(samples))
        states = toy.encoder(torch.from_numpy(features), torch.tensor([frames]))
        theirs = whole.encode(ctranslate2.StorageView.from_array(features))
        ours = states[0, -1].detach().numpy()
        np.testing.assert_allclose(ours, np.array(theirs)[0], atol=2e-3)
        (text, words), (their_text, their_words) = (
            written(recogniser, one, frames) for one in (ours, np.array(theirs)[0])
        )
        assert text == their_text
        assert [word.start for word in words] == [word.start for word in their_words]


def test_recordings_heard_together_give_what_each_gives_alone(
    toy: Listener, sentences: Sentences
) -> None:
    clips = [samples for _, samples in sentences[:6]]
    takes = [
        Take(clip, [(0.0, len(clip) / SECOND)], transcribe=place != 1, words=place != 2)
        for place, clip in enumerate([*clips, clips[0]])
    ]
    together = toy.listen_together(takes)
    alone = [toy.listen_together([take])[0] for take in takes]
    for ours, theirs in zip(together, alone, strict=True):
        np.testing.assert_allclose(ours.statistics, theirs.statistics, atol=1e-4)
        assert (ours.transcript is None) == (theirs.transcript is None)
    texts = [heard.transcript.text if heard.transcript else None for heard in together]
    assert texts == [heard.transcript.text if heard.transcript else None for heard in alone]
    assert texts[1] is None
    timed = [bool(heard.transcript and heard.transcript.words) for heard in together]
    assert timed == [True, False, False, True, True, True, True]


def test_words_are_in_order_within_the_recording(toy: Listener, sentences: Sentences) -> None:
    samples = np.concatenate([one for _, one in sentences[:3]])
    heard = toy.listen(samples)
    assert heard.transcript is not None
    words = heard.transcript.words
    assert " ".join(word.word for word in words) == heard.transcript.text
    starts = [word.start for word in words]
    assert starts == sorted(starts)
    assert starts[0] >= 0
    assert words[-1].end <= len(samples) / SECOND


def test_each_stretch_of_speech_is_written_by_itself(toy: Listener, sentences: Sentences) -> None:
    first, second = sentences[0][1], sentences[1][1]
    gap = np.zeros(2 * SECOND, np.float32)
    middle = len(first) + len(gap)
    samples = np.concatenate([first, gap, second])
    stretches = [(0.0, len(first) / SECOND), (middle / SECOND, len(samples) / SECOND)]
    both = toy.listen(samples, stretches).transcript
    alone = [toy.listen(one, [(0.0, len(one) / SECOND)]).transcript for one in (first, second)]
    assert both is not None
    assert both.text == " ".join(said.text for said in alone if said)
    assert both.words[-1].start >= stretches[1][0]


@pytest.mark.parametrize("samples", [np.zeros(2 * SECOND, np.float32), noise(2)])
def test_without_speech_nothing_is_written_but_the_statistics_stand(
    toy: Listener, samples: Samples
) -> None:
    heard = toy.listen(samples)
    assert heard.transcript is not None
    assert heard.transcript.text == ""
    assert heard.transcript.words == []
    assert np.isfinite(heard.statistics).all()


def test_a_transcript_that_is_not_wanted_is_not_written(
    toy: Listener, sentences: Sentences
) -> None:
    samples = sentences[0][1]
    silent = toy.listen(samples, transcribe=False)
    assert silent.transcript is None
    np.testing.assert_array_equal(silent.statistics, toy.listen(samples).statistics)


def test_no_transcript_without_a_decoder(deaf_mute: Listener) -> None:
    assert not deaf_mute.can_transcribe
    heard = deaf_mute.listen(noise(1), [(0.0, 1.0)])
    assert heard.transcript is None
    frames = torch.tensor([100])
    states = deaf_mute.encoder(torch.from_numpy(log_mel(noise(1)))[None], frames)
    expected = pool(states, frames)[0].detach().numpy()
    np.testing.assert_allclose(heard.statistics, expected, atol=1e-5)


def test_settings_can_ask_for_no_transcript() -> None:
    assert not Listener(resolve("whisper-demo"), ListeningParams(transcribe=False)).can_transcribe


def test_a_recording_longer_than_the_encoder_takes_is_heard_in_parts(deaf_mute: Listener) -> None:
    heard = deaf_mute.listen(noise(7.03), [(0.0, 7.03)])
    assert heard.statistics.shape == (3, 32)


def test_states_as_many_as_mel_filters_are_not_mistaken_for_features(toy: Listener) -> None:
    recogniser = Recogniser(resolve("whisper-demo"), ListeningParams())
    with pytest.raises(ValueError, match="80 states"):
        written(recogniser, np.zeros((80, 128), np.float32), 160)


def test_all_tokens_asked_for_are_written(toy: Listener, sentences: Sentences) -> None:
    """CTranslate2 halves `max_length`; a sentence must not be cut for it."""
    samples = sentences[0][1]
    states = (
        toy.encoder(
            torch.from_numpy(log_mel(samples))[None], torch.tensor([real_frames(len(samples))])
        )[0, -1]
        .detach()
        .numpy()
    )
    words = {}
    for most in (1, 3, 40):
        recogniser = Recogniser(resolve("whisper-demo"), ListeningParams(max_new_tokens=most))
        text, _ = written(recogniser, states, real_frames(len(samples)))
        words[most] = len(text.split())
    assert words[1] <= 1 < words[3] <= 3 < words[40]


def test_a_compute_type_that_does_not_exist_is_explained(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="int3"):
        Recogniser(resolve("whisper-demo"), ListeningParams(compute_type="int3"))


@pytest.mark.parametrize(
    ("speech", "expected"),
    [
        ([], [(0.0, 10.0)]),
        ([(0.4, 9.6)], [(0.0, 10.0)]),
        ([(2.0, 8.0)], [(2.0, 8.0)]),
        ([(0.1, 3.0), (5.5, 9.0)], [(0.0, 3.0), (5.5, 9.0)]),
        ([(0.1, 3.0), (3.5, 5.0), (6.4, 9.0)], [(0.0, 9.0)]),
        ([(1.0, 3.0), (3.5, 4.0), (6.5, 7.0)], [(1.0, 4.0), (6.5, 7.0)]),
    ],
)
def test_windows_follow_speech(
    speech: list[tuple[float, float]], expected: list[tuple[float, float]]
) -> None:
    assert windows(speech, 10.0, 30.0) == expected


@given(st.floats(0.2, 600), st.floats(1, 30))
def test_windows_cover_a_recording_and_none_is_too_long(seconds: float, longest: float) -> None:
    parts = windows([], seconds, longest)
    assert parts[0][0] == 0
    assert parts[-1][1] == seconds
    assert all(end == start for (_, end), (start, _) in pairwise(parts))
    assert all(end - start <= longest + 1e-9 for start, end in parts)


@settings(deadline=None)
@given(st.lists(st.integers(1, 50), min_size=1, max_size=5))
def test_merged_statistics_are_those_of_all_states_together(counts: list[int]) -> None:
    states = torch.randn(1, 2, sum(counts), 3, generator=torch.Generator().manual_seed(1))
    parts = torch.split(states, counts, dim=2)
    apart = [
        pool(part, torch.tensor([2 * count]))[0].numpy()
        for part, count in zip(parts, counts, strict=True)
    ]
    together = pool(states, torch.tensor([2 * sum(counts)]))[0].numpy()
    np.testing.assert_allclose(merge(apart, counts), together, atol=2e-4)


@given(st.floats(0.2, 20), st.floats(0, 0.4), st.floats(0.5, 1), st.floats(1, 30))
def test_the_spoken_part_fits_the_encoder(
    seconds: float, start: float, end: float, longest: float
) -> None:
    samples = np.arange(int(seconds * SECOND), dtype=np.float32)
    part = spoken(samples, [(start * seconds, end * seconds)], longest)
    assert 0 < len(part) <= longest * SECOND
    assert (np.diff(part) == 1).all()
    assert part[0] <= start * seconds * SECOND
