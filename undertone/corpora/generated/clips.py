"""One clip of the generated corpus: planned from a seed and a number, then spoken."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import soxr

from undertone.audio import SAMPLE_RATE
from undertone.corpora.base import SourceUtterance
from undertone.corpora.generated.channel import Channel, transmit
from undertone.corpora.generated.espeak import Delivery, Espeak, Speech
from undertone.corpora.generated.prosody import PROSODY, Prosody, between, colour
from undertone.corpora.generated.sentences import write
from undertone.corpora.generated.speakers import Speaker, speaker
from undertone.prediction import Word

_WORDS_PER_MINUTE = 178.0
_AUDIBLE = 1e-3
_MARGIN_S = (0.05, 0.10)
_ENDINGS = {"surprise": ("?", "!", "."), "anger": ("!", "."), "happiness": ("!", ".")}


@dataclass(frozen=True)
class Clip:
    """The plan of a clip: who says what, and how."""

    index: int
    seed: int
    emotion: str
    speaker: Speaker
    text: str
    ending: str
    prosody: Prosody
    channel: Channel


def plan(index: int, seed: int, emotion: str, speaker_index: int, channel: Channel) -> Clip:
    """Plan the clip with this number; equal arguments give equal plans."""
    rng = np.random.default_rng([seed, index])
    who = speaker(speaker_index)
    manner = between(PROSODY[emotion], float(rng.uniform(0.25, 1.05)))
    return Clip(
        index=index,
        seed=seed,
        emotion=emotion,
        speaker=who,
        text=write(emotion, rng),
        ending=str(rng.choice(_ENDINGS.get(emotion, (".",)))),
        prosody=_embodied(manner, who, rng),
        channel=channel,
    )


def speak(espeak: Espeak, clip: Clip) -> SourceUtterance:
    """Say a planned clip.

    Returns:
        An utterance with int16 samples at 16 kHz and the times of its words.
    """
    rng = np.random.default_rng([clip.seed, clip.index, 1])
    espeak.seed(int(rng.integers(2**31)))
    speech = espeak.say(clip.text + clip.ending, _delivery(clip))
    samples, onsets = _embody(speech, clip.prosody.tract)
    samples = transmit(colour(samples, clip.prosody, rng), clip.channel, rng)
    return SourceUtterance(
        utterance_id=f"{clip.speaker.speaker_id}-{clip.channel}-{clip.seed}-{clip.index:05d}",
        corpus="generated",
        speaker_id=clip.speaker.speaker_id,
        language="en",
        emotion=clip.emotion,
        samples=np.round(np.clip(samples, -1, 1) * 32767).astype(np.int16),
        text=clip.text,
        words=_words(clip.text, onsets, len(samples) / SAMPLE_RATE - _MARGIN_S[1]),
    )


def _embodied(manner: Prosody, who: Speaker, rng: np.random.Generator) -> Prosody:
    """The manner as this speaker has it today."""
    return replace(
        manner,
        rate=manner.rate * who.rate * float(rng.normal(1.0, 0.03)),
        pitch=manner.pitch + who.pitch + float(rng.normal(0.0, 2.5)),
        pitch_range=manner.pitch_range + who.pitch_range + float(rng.normal(0.0, 5.0)),
        tract=manner.tract * who.tract,
        tilt=manner.tilt + who.tilt + float(rng.normal(0.0, 0.4)),
        breath=manner.breath + who.breath,
    )


def _delivery(clip: Clip) -> Delivery:
    manner = clip.prosody
    # The tract is changed by resampling, which also hastens; the rate makes up for it.
    return Delivery(
        voice=clip.speaker.voice,
        rate=_WORDS_PER_MINUTE * manner.rate / manner.tract,
        pitch=manner.pitch,
        pitch_range=manner.pitch_range,
        word_gap=manner.pause,
    )


def _embody(
    speech: Speech, tract: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Bring speech to 16 kHz with its formants scaled, cut to what is audible and a margin."""
    samples = soxr.resample(speech.samples, speech.sample_rate * tract, SAMPLE_RATE)
    audible = np.flatnonzero(np.abs(samples) > _AUDIBLE)
    before, after = (round(margin * SAMPLE_RATE) for margin in _MARGIN_S)
    start, end = int(audible[0]) - before, int(audible[-1]) + after
    padded = np.pad(samples[max(start, 0) : end], (max(-start, 0), max(end - len(samples), 0)))
    return padded, np.array(speech.onsets) / tract - start / SAMPLE_RATE


def _words(text: str, onsets: npt.NDArray[np.float64], end: float) -> tuple[Word, ...]:
    """Words with their times; a word ends where the next begins."""
    edges = [*np.clip(onsets, 0, end).tolist(), end]
    return tuple(
        Word(word=word, start=round(edges[place], 3), end=round(edges[place + 1], 3))
        for place, word in enumerate(text.split())
    )
