"""A call to try the example on: a customer and an agent, spoken by espeak-ng."""

import wave
from itertools import chain
from pathlib import Path

import numpy as np
import soxr

from examples.common.speaking import Pcm, say
from undertone.audio import SAMPLE_RATE
from undertone.files import replacing

RATE = 8_000
PAUSE_S = 1.6
VOICES = {"agent": 21, "customer": 3}  # of the generated corpus
CHANNELS = tuple(VOICES)
TALK = (
    ("customer", "they delivered two of them on tuesday", "neutral"),
    ("agent", "the spare heater is at the station", "neutral"),
    ("customer", "we are heartbroken the parcel is lost", "sadness"),
    ("agent", "stop lying about the parcel", "anger"),
    ("customer", "this heater is useless and you know it", "anger"),
    ("customer", "i am furious and i want my money", "anger"),
    ("agent", "the driver will return it this evening", "neutral"),
    ("customer", "i am amazed by the heater", "surprise"),
    ("customer", "what a wonderful heater thank you", "happiness"),
)


def write(path: Path) -> None:
    """Write a call of half a minute: the agent on the left, the customer on the right."""
    spoken = {
        who: iter(say(number, [(text, felt) for speaker, text, felt in TALK if speaker == who]))
        for who, number in VOICES.items()
    }
    pause = np.zeros((round(PAUSE_S * SAMPLE_RATE), len(CHANNELS)), np.int16)
    turns = (_beside_silence(next(spoken[who]), who) for who, _, _ in TALK)
    samples = np.concatenate([pause, *chain(*((turn, pause) for turn in turns))])
    _write(path, soxr.resample(samples, SAMPLE_RATE, RATE))


def _beside_silence(said: Pcm, who: str) -> Pcm:
    """What one says [time] on their channel of a call [time, 2]."""
    both = np.zeros((len(said), len(CHANNELS)), np.int16)
    both[:, CHANNELS.index(who)] = said
    return both


def _write(path: Path, samples: Pcm) -> None:
    with replacing(path) as aside, wave.open(str(aside), "wb") as file:
        file.setnchannels(len(CHANNELS))
        file.setsampwidth(samples.itemsize)
        file.setframerate(RATE)
        file.writeframes(samples.astype("<i2").tobytes())
