"""Signals whose answers a bundle carries, so that whoever loads it can tell that it hears right."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from undertone.audio import SAMPLE_RATE, wav
from undertone.bundle import Bundle
from undertone.config import Params
from undertone.errors import ModelError, UndertoneError
from undertone.inference.predictor import Predictor
from undertone.inference.whisper import listener_for
from undertone.query import Query

KNOWN = "known"
MOST_OFF = 0.15  # of a probability: 8 bits instead of 32 change less, another encoder much more
WORDS = "I have been waiting for an hour"

Answers = dict[str, dict[str, float]]


def note_known(bundle: Bundle, params: Params) -> None:
    """Let a bundle carry its answers to the known signals; one that hears nothing carries none.

    Raises:
        ModelError: the Whisper of its training is nowhere to be found.
    """
    if not bundle.hears:
        return
    listening = params.listening.model_copy(update={"transcribe": False})
    predictor = Predictor(bundle, listener_for(bundle, listening), params)
    bundle.info[KNOWN] = _answers(predictor)


def require_known(predictor: Predictor) -> None:
    """Make sure that a bundle answers the known signals as it did when it was trained.

    Raises:
        ModelError: it does not: its weights, or those of its Whisper, are not what they were.
    """
    expected: Mapping[str, Any] = predictor.bundle.info.get(KNOWN, {})
    if not expected:
        return
    for name, found in _answers(predictor).items():
        off = max(abs(found[emotion] - share) for emotion, share in expected[name].items())
        if off > MOST_OFF:
            raise ModelError(
                f"The bundle answers the signal '{name}' otherwise than when it was trained: a "
                f"probability is off by {off:.2f}. Its files, or its Whisper's, have changed."
            )


def _answers(predictor: Predictor) -> Answers:
    asked = {
        "tone": Query(wav(_tone()), transcribe=False),
        "buzz": Query(wav(_buzz()), transcribe=False),
        "tone with words": Query(wav(_tone()), WORDS),
    }
    answers = predictor.answer([predictor.prepare(query) for query in asked.values()])
    found: Answers = {}
    for name, answer in zip(asked, answers, strict=True):
        if isinstance(answer, UndertoneError):
            raise answer
        found[name] = answer.distribution
    return found


def _tone() -> np.ndarray:
    """A second of a rising tone."""
    seconds = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    return np.asarray(0.2 * np.sin(2 * np.pi * (150 + 100 * seconds) * seconds))


def _buzz() -> np.ndarray:
    """A second and a half of pulses, as a voice makes them, now faster and now slower."""
    seconds = np.arange(SAMPLE_RATE * 3 // 2) / SAMPLE_RATE
    phase = 120 * seconds + 3 * np.sin(2 * np.pi * 2 * seconds)
    return np.asarray(0.3 * np.exp(-8 * (phase % 1)) * np.sin(2 * np.pi * 700 * seconds))
