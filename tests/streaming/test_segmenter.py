"""Utterances out of made-up sound, in which loud is speech, and out of generated speech."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from undertone.audio import SAMPLE_RATE, from_pcm16
from undertone.config import GeneratedParams, StreamingParams
from undertone.corpora.generated import generate
from undertone.streaming import Segmenter

PARAMS = StreamingParams(pause_seconds=0.6, longest_seconds=4, padding_seconds=0.3)
FRAME = 800


def loud(chunk):
    return float(np.abs(chunk).max() > 0.1)


def sound(*parts):
    """Noise of the given seconds and levels."""
    rng = np.random.default_rng(7)
    pieces = [level * rng.uniform(-1, 1, int(seconds * SAMPLE_RATE)) for seconds, level in parts]
    return np.concatenate(pieces).astype(np.float32)


def segment(samples, marks=None, params=PARAMS, activity=loud):
    """Utterances of a stream that is cut at some marks."""
    segmenter = Segmenter(params, activity)
    marks = range(0, len(samples), FRAME) if marks is None else marks
    edges = sorted({0, *marks, len(samples)})
    ended = [
        utterance
        for begin, end in pairwise(edges)
        for utterance in segmenter.push(samples[begin:end])
    ]
    last = segmenter.finish()
    return [*ended, last] if last else ended


def test_an_utterance_ends_with_a_pause_and_keeps_what_surrounds_it():
    samples = sound((1, 0.01), (1.5, 0.5), (1, 0.01), (0.7, 0.5), (1, 0.01))
    first, second = segment(samples)
    assert first.start == pytest.approx(0.7, abs=0.05)
    assert first.end == pytest.approx(2.8, abs=0.05)
    assert first.speech_s == pytest.approx(1.5, abs=0.05)
    assert second.start == pytest.approx(3.2, abs=0.05)
    for one in (first, second):
        begin = round(one.start * SAMPLE_RATE)
        assert np.array_equal(one.samples, samples[begin : begin + len(one.samples)])


def test_it_is_over_as_soon_as_the_pause_is_long_enough():
    segmenter = Segmenter(PARAMS, loud)
    samples = sound((1, 0.5), (1, 0.01))
    ended_at = next(
        (begin + FRAME) / SAMPLE_RATE
        for begin in range(0, len(samples), FRAME)
        if segmenter.push(samples[begin : begin + FRAME])
    )
    assert ended_at == pytest.approx(1 + PARAMS.pause_seconds, abs=0.1)


def test_what_is_being_spoken_can_be_had_before_it_ends():
    segmenter = Segmenter(PARAMS, loud)
    assert segmenter.current is None
    segmenter.push(sound((0.5, 0.01), (0.6, 0.5)))
    assert segmenter.spoken_s == pytest.approx(0.6, abs=0.05)
    assert segmenter.current.end == pytest.approx(1.1, abs=0.05)
    assert segmenter.current.start == pytest.approx(0.2, abs=0.05)
    segmenter.push(sound((0.7, 0.01)))
    assert segmenter.current is None


def test_a_stream_that_ends_ends_its_utterance():
    (only,) = segment(sound((1, 0.01), (1.01, 0.5)))
    assert only.end == pytest.approx(2.01)


def test_noises_and_silence_are_no_utterances():
    assert segment(sound((1, 0.01), (0.02, 0.5), (3, 0.01), (0.02, 0.5), (0.1, 0.01))) == []
    assert segment(sound((0.001, 0.01))) == []
    assert segment(np.zeros(0, np.float32)) == []


def test_a_long_utterance_is_cut_where_it_is_quietest_and_nothing_is_lost():
    samples = sound((2.5, 0.5), (0.25, 0.2), (4.5, 0.5))
    first, second, *rest = segment(samples)
    assert first.end == second.start == pytest.approx(2.6, abs=0.1)
    joined = np.concatenate([one.samples for one in (first, second, *rest)])
    assert np.array_equal(joined, samples)


def test_memory_is_bounded_by_the_longest_utterance():
    segmenter = Segmenter(PARAMS, loud)
    for _ in range(30):
        segmenter.push(sound((1, 0.5)))
        assert len(segmenter.current.samples) <= PARAMS.longest_seconds * SAMPLE_RATE + FRAME


@given(
    parts=st.lists(
        st.tuples(st.floats(0.05, 2), st.sampled_from([0.0, 0.01, 0.3, 0.8])), max_size=8
    ),
    data=st.data(),
)
@settings(max_examples=60, deadline=None)
def test_where_frames_are_cut_changes_nothing(parts, data):
    samples = sound((0.1, 0.01), *parts)
    marks = data.draw(st.lists(st.integers(0, len(samples)), max_size=30))
    whole, cut = segment(samples), segment(samples, marks)
    assert [(one.start, one.end) for one in whole] == [(one.start, one.end) for one in cut]
    for one, other in zip(whole, cut, strict=True):
        assert np.array_equal(one.samples, other.samples)


def test_generated_speech_comes_out_sentence_by_sentence():
    sentences = [
        from_pcm16(one.samples).samples for one in generate(GeneratedParams(clips=4, seed=5))
    ]
    pause = sound((1.2, 0.0005))
    stream = np.concatenate([part for one in sentences for part in (pause, one)] + [pause])
    utterances = segment(stream, params=StreamingParams(), activity=None)
    assert len(utterances) == len(sentences)
    begin = 0
    for one, utterance in zip(sentences, utterances, strict=True):
        begin += len(pause)
        assert utterance.start <= begin / SAMPLE_RATE
        begin += len(one)
        assert utterance.end >= begin / SAMPLE_RATE
