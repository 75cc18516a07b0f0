"""A call to try the example on: a customer and an agent, spoken by espeak-ng."""

import wave
from itertools import chain
from pathlib import Path

import numpy as np
import soxr

from examples.common.speaking import Voice
from undertone.audio import SAMPLE_RATE
from undertone.corpora.generated.espeak import Espeak
from undertone.files import replacing

RATE = 8_000
PAUSE_S = 1.1
CUSTOMER, AGENT = 31, 44
TALK = (
    ("customer", "my daughter ordered the spare heater in october", "neutral"),
    ("agent", "the heater is at the station", "neutral"),
    ("customer", "we are sad the parcel is lost", "sadness"),
    ("agent", "stop lying about the parcel", "anger"),
    ("customer", "this heater is useless and you know it", "anger"),
    ("customer", "i am furious and i want my money", "anger"),
    ("agent", "the driver will return it this evening", "neutral"),
    ("customer", "really your driver did it", "surprise"),
    ("customer", "what a wonderful heater thank you", "happiness"),
)


def write(path: Path) -> None:
    """Write a call of half a minute: the agent on the left, the customer on the right."""
    espeak = Espeak()
    voices = {"customer": Voice(espeak, CUSTOMER), "agent": Voice(espeak, AGENT)}
    pause = np.zeros(round(PAUSE_S * SAMPLE_RATE), np.int16)
    pieces = []
    for who, text, emotion in TALK:
        said = voices[who].say(text, emotion)
        both = (said, np.zeros_like(said))
        pieces.append(np.stack(both if who == "agent" else both[::-1], axis=1))
    silence = np.stack([pause, pause], axis=1)
    samples = np.concatenate([silence, *chain(*((one, silence) for one in pieces))])
    _write(path, soxr.resample(samples, SAMPLE_RATE, RATE))


def _write(path: Path, samples: np.ndarray) -> None:
    with replacing(path) as aside, wave.open(str(aside), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.astype("<i2").tobytes())
