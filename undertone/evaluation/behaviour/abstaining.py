"""Whether a bundle knows what it cannot know: sounds that are no speech, beside test speech."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import soundfile

from undertone.audio import SAMPLE_RATE, decode, speech_segments
from undertone.audio.line import Signal
from undertone.audio.noises import music, pink, tone, white
from undertone.bundle import Bundle
from undertone.calibration import softmax
from undertone.config import AudioParams, Params
from undertone.evaluation.behaviour.hearing import hear_alone
from undertone.evaluation.behaviour.record import Finding
from undertone.manifest import COLUMNS
from undertone.training.examples import Examples
from undertone.training.predicting import predict

EACH = 30
SECONDS = (1.0, 5.0)
LOUD_DBFS, FAINT_DBFS = -26.0, -62.0
LEAST_AUROC, LEAST_UNKNOWN = 0.95, 0.95
MOST_SPEECH_UNKNOWN = 0.1

Sound = Callable[[int, np.random.Generator], Signal]

SOUNDS: dict[str, tuple[Sound, float]] = {
    "near silence": (white, FAINT_DBFS),
    "white noise": (white, LOUD_DBFS),
    "pink noise": (pink, LOUD_DBFS),
    "tones": (tone, LOUD_DBFS),
    "music": (music, LOUD_DBFS),
}


@dataclass(frozen=True)
class Judged:
    """What a bundle makes of N recordings.

    Attributes:
        novelty: [N], how unlike the training speech each sounds.
        unknown: [N], whether it is answered `unknown`.
    """

    novelty: npt.NDArray[np.floating]
    unknown: npt.NDArray[np.bool_]


def hear_sounds(params: Params, scratch: Path, seed: int) -> Examples:
    """Sounds that are no speech, `EACH` of every kind in `SOUNDS`.

    Args:
        params: how recordings are cleaned and listened to.
        scratch: a folder for the sounds, to be kept while they are judged.
        seed: of the sounds.
    """
    files = [file for name in SOUNDS for file in _sounds(name, scratch, seed)]
    rows = pd.DataFrame({"path": map(str, files)}).reindex(columns=COLUMNS)
    return hear_alone(rows, params)


def abstention(
    bundle: Bundle, speech: Examples, strange: Examples, audio: AudioParams
) -> list[Finding]:
    """How well novelty tells sounds from speech, and what is answered `unknown`.

    The area under the ROC curve is that of the out-of-distribution score, which is novelty in
    units of the bundle's limit.

    Args:
        bundle: the model; one that does not hear has nothing to be tested.
        speech: test recordings, as heard.
        strange: the sounds, as `hear_sounds` gives them.
        audio: how recordings are cleaned.
    """
    if not bundle.hears:
        return []
    usual = judge(bundle, speech, audio)
    findings = []
    for place, name in enumerate(SOUNDS):
        sounds = strange.take(np.arange(EACH) + place * EACH)
        findings += _told(name, usual, judge(bundle, sounds, audio))
    declined = Finding(
        group="abstention",
        name="test speech",
        metric="speech unknown",
        value=float(usual.unknown.mean()),
        bound=MOST_SPEECH_UNKNOWN,
        n=len(usual.unknown),
    )
    return [*findings, declined]


def judge(bundle: Bundle, examples: Examples, audio: AudioParams) -> Judged:
    """Novelty of recordings, and whether the bundle refuses to name an emotion."""
    predicted = predict(bundle, examples, audio)
    confidences = softmax(predicted.logits, bundle.temperature).max(axis=1)
    files = [file for file in examples.paths("path") if file]
    spoken = [bool(speech_segments(decode(file, audio).samples)) for file in files]
    bounds = bundle.abstention
    reasons = [
        bounds.reason(float(confidence), bounds.score(float(novelty)), speech=speech)
        for confidence, novelty, speech in zip(confidences, predicted.novelty, spoken, strict=True)
    ]
    return Judged(predicted.novelty, np.array([reason is not None for reason in reasons]))


def _told(name: str, usual: Judged, strange: Judged) -> list[Finding]:
    from sklearn.metrics import roc_auc_score

    truth = np.repeat([0, 1], [len(usual.novelty), len(strange.novelty)])
    area = float(roc_auc_score(truth, np.concatenate([usual.novelty, strange.novelty])))
    share = float(strange.unknown.mean())
    return [
        Finding(
            group="abstention",
            name=name,
            metric="AUROC",
            value=area,
            bound=LEAST_AUROC,
            n=len(truth),
        ),
        Finding(
            group="abstention",
            name=name,
            metric="unknown",
            value=share,
            bound=LEAST_UNKNOWN,
            n=len(strange.unknown),
        ),
    ]


def _sounds(name: str, scratch: Path, seed: int) -> list[Path]:
    """Sounds of one kind, one to five seconds long, written into `scratch`."""
    make, level = SOUNDS[name]
    files = [scratch / f"{name} {place}.flac" for place in range(EACH)]
    for place, file in enumerate(files):
        rng = np.random.default_rng([seed, zlib.crc32(name.encode()), place])
        samples = make(int(SAMPLE_RATE * rng.uniform(*SECONDS)), rng)
        soundfile.write(file, samples / samples.std() * 10 ** (level / 20), SAMPLE_RATE)
    return files
