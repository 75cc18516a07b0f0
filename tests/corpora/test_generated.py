import hashlib
import sys
from dataclasses import astuple
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from undertone.audio import SAMPLE_RATE
from undertone.config import GeneratedParams
from undertone.corpora.base import SourceUtterance
from undertone.corpora.generated import generate
from undertone.corpora.generated.channel import transmit
from undertone.corpora.generated.espeak import Delivery, Espeak
from undertone.corpora.generated.prosody import NEUTRAL, PROSODY, Prosody, between, colour
from undertone.corpora.generated.sentences import write
from undertone.corpora.generated.speakers import speaker
from undertone.errors import ConfigError, CorpusError

CLIPS = 54  # one whole shard and a part of another


def corpus(**params: object) -> list[SourceUtterance]:
    return list(generate(GeneratedParams(**{"clips": CLIPS, "seed": 4, **params})))


def digest(utterances: list[SourceUtterance]) -> str:
    joined = b"".join(utterance.samples.tobytes() for utterance in utterances)
    return hashlib.sha256(joined).hexdigest()


@pytest.fixture(scope="module")
def studio() -> list[SourceUtterance]:
    return corpus()


@pytest.fixture(scope="module")
def telephone() -> list[SourceUtterance]:
    return corpus(channel="telephone", first_speaker=30)


def test_equal_seeds_give_equal_bytes_and_others_do_not(studio):
    assert digest(corpus()) == digest(studio)
    assert digest(corpus(seed=5)) != digest(studio)


def test_every_utterance_is_complete(studio):
    assert len({utterance.utterance_id for utterance in studio}) == CLIPS
    for utterance in studio:
        assert utterance.samples.dtype == np.int16
        assert 0.5 < len(utterance.samples) / SAMPLE_RATE < 3.8
        assert np.abs(utterance.samples).max() > 2000
        assert (utterance.corpus, utterance.language) == ("generated", "en")


def test_all_seven_emotions_are_there(studio):
    assert {utterance.emotion for utterance in studio} == set(PROSODY)


def test_words_follow_each_other_within_the_clip(studio):
    for utterance in studio:
        assert [word.word for word in utterance.words] == utterance.text.split()
        assert utterance.words[0].start >= 0
        assert utterance.words[-1].end <= len(utterance.samples) / SAMPLE_RATE
        assert all(word.start <= word.end for word in utterance.words)
        assert all(one.end == other.start for one, other in pairwise(utterance.words))


def test_later_speakers_are_new_people(studio, telephone):
    assert not {u.speaker_id for u in studio} & {u.speaker_id for u in telephone}
    assert len({speaker(index).voice for index in range(120)}) == 120
    assert speaker(7) == speaker(7)


def test_a_telephone_carries_a_narrow_band(studio, telephone):
    assert share_above(3600, telephone) < 0.002
    assert share_above(3600, studio) > 0.01
    assert {len(u.text) > 0 for u in telephone} == {True}


def share_above(hertz: float, utterances: list[SourceUtterance]) -> float:
    samples = np.concatenate([utterance.samples / 32768 for utterance in utterances])
    power = np.abs(np.fft.rfft(samples)) ** 2
    return power[np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE) > hertz].sum() / power.sum()


def test_a_weighted_mix_is_followed():
    wanted = {"anger": 6.0, "fear": 0.0, "surprise": 0.0, "disgust": 0.0}
    emotions = [utterance.emotion for utterance in corpus(emotion_weights=wanted)]
    assert set(emotions) <= {"anger", "happiness", "neutral", "sadness"}
    assert emotions.count("anger") > CLIPS / 2


@pytest.mark.parametrize(
    "weights",
    [{"boredom": 1.0}, {"anger": -1.0}, {"anger": float("nan")}, dict.fromkeys(PROSODY, 0.0)],
)
def test_weights_that_make_no_mix_are_refused(weights):
    with pytest.raises(ConfigError, match="emotion_weights"):
        corpus(emotion_weights=weights)


def test_a_missing_library_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    with pytest.raises(CorpusError, match="pip install"):
        corpus()


def test_unknown_voices_and_variants_are_refused():
    espeak = Espeak()
    for voice in ("en-us+nobody", "en-nowhere+f1"):
        with pytest.raises(CorpusError, match="no voice"):
            espeak.say("hello", Delivery(voice, 170, 50, 50))


def test_every_voice_exists_and_sounds():
    espeak = Espeak()
    spoken = [espeak.say("hello", Delivery(speaker(i).voice, 170, 50, 50)) for i in range(120)]
    assert all(np.abs(speech.samples).max() > 0.05 for speech in spoken)


@given(st.sampled_from(sorted(PROSODY)), st.integers(0, 2**32 - 1))
def test_sentences_are_plain_and_short(emotion, seed):
    words = write(emotion, np.random.default_rng(seed)).split(" ")
    assert 3 <= len(words) <= 10
    assert all(word.isascii() and word.isalpha() and word.islower() for word in words)


def test_the_vocabulary_is_small_and_emotions_share_sentences():
    rng = np.random.default_rng(0)
    said = {emotion: {write(emotion, rng) for _ in range(2000)} for emotion in PROSODY}
    vocabulary = {word for texts in said.values() for text in texts for word in text.split()}
    assert 250 <= len(vocabulary) <= 350
    assert said["anger"] & said["sadness"]
    assert said["anger"] & said["neutral"]


def test_prosody_goes_from_neutral_to_the_emotion():
    assert between(PROSODY["anger"], 0.0) == NEUTRAL
    assert astuple(between(PROSODY["anger"], 1.0)) == pytest.approx(astuple(PROSODY["anger"]))


@pytest.mark.parametrize("emotion", sorted(PROSODY))
def test_colouring_keeps_length_and_level(emotion):
    rng = np.random.default_rng(0)
    voice = np.sin(np.arange(8000) / 16) * np.hanning(8000)
    coloured = colour(voice, PROSODY[emotion], rng)
    assert coloured.shape == voice.shape
    assert np.sqrt(np.mean(coloured**2)) == pytest.approx(0.08)


def test_a_brighter_tilt_moves_energy_up():
    voice = np.random.default_rng(0).normal(size=8000)
    centroids = [
        centroid(colour(voice, Prosody(tilt=tilt, breath=0.0), np.random.default_rng(0)))
        for tilt in (-3.0, 0.0, 3.0)
    ]
    assert centroids == sorted(centroids)


def centroid(samples: np.ndarray) -> float:
    power = np.abs(np.fft.rfft(samples)) ** 2
    return float(np.average(np.arange(len(power)), weights=power))


@pytest.mark.parametrize("length", [8000, 8001])
def test_channels_keep_the_length(length):
    voice = np.sin(np.arange(length) / 8)
    for channel in ("studio", "telephone"):
        assert len(transmit(voice, channel, np.random.default_rng(0))) == length
