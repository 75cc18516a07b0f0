"""What a model said about utterances, and the record of the figures that follow from it."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import BaseModel, Field

from undertone.calibration import Array
from undertone.evaluation.metrics import Interval, Scores

FUSED = "fused"


@dataclass(frozen=True)
class Predictions:
    """What a model said about N utterances under each condition.

    Attributes:
        rows: manifest rows [N]; those of a cross-validation also tell the `seed` and `turn` of
            each prediction, and an utterance stands there once for each seed.
        labels: the K emotions that the model knows.
        truth: [N], indices of the true emotions in `labels`.
        logits: for each condition calibrated logits [N, K]; NaN rows where it does not apply, as
            `audio_only` does not to an utterance without audio.
        ood_scores: of a bundle, how far each recording lies from its training speech [N]; NaN
            where there is none.
    """

    rows: pd.DataFrame
    labels: tuple[str, ...]
    truth: npt.NDArray[np.intp]
    logits: dict[str, Array]
    ood_scores: Array | None = None


class Provenance(BaseModel):
    """What was evaluated on what: enough to find the same figures again.

    Attributes:
        split_hash: of which utterance stands where, in every turn of a cross-validation.
        headline: the condition whose score counts.
        without: modalities that neither training nor test had.
        seed: of the bootstrap, and of training where there is no other.
        seeds: of training, where there are several.
        temperature: the bundle's, or the mean over the models of a cross-validation.
    """

    protocol: str
    corpus: str
    split_hash: str
    data_revision: str
    bundle_hash: str = ""
    headline: str = FUSED
    without: list[str] = Field(default_factory=list)
    seed: int = 0
    seeds: list[int] = Field(default_factory=list)
    temperature: float = 1.0


class TurnScore(BaseModel):
    """One turn of a cross-validation: its test speakers, and the UAR of each condition on them.

    Attributes:
        utterances: that test.
        uar: by condition, mean over the seeds.
        headline: the headline's UAR with its interval over the turn's speakers, where it has at
            least two.
        seconds: of all seeds.
        trained_parameters: of one model.
    """

    name: str
    test_speakers: list[str]
    utterances: int
    uar: dict[str, float]
    headline: Interval | None = None
    temperature: float
    seconds: float
    trained_parameters: int = 0


class SeedScore(BaseModel):
    """What one seed reached: UAR by condition."""

    seed: int
    uar: dict[str, float]


class Gain(BaseModel):
    """What fusion brings: UAR of the fused model less that of the best modality alone.

    The best is chosen on the test itself, which is hard on fusion. Both are scored on the
    utterances that have the modality, and resampled together.
    """

    over: str
    uar: Interval


class LeakCheck(BaseModel):
    """What was looked for on both sides of the line between training and test.

    Attributes:
        recordings: that were compared with each other; none of the same take stood on both sides.
        repeated_sentences: test utterances whose sentence their speaker also says in training.
    """

    recordings: int
    repeated_sentences: int


class Dependent(BaseModel):
    """Speaker-dependent scores: the test speakers also trained, so they flatter."""

    protocol: str
    split_hash: str
    scores: dict[str, Scores]
    repeated_sentences: int


class DimensionScores(BaseModel):
    """Concordance correlation (Lin 1989) with people's ratings, with intervals over speakers.

    Attributes:
        source: whether the model was trained on such labels, or its values follow from the
            emotions.
        utterances: how many have a label, by dimension.
        ccc: 1 where predictions are the labels, 0 where they have nothing to do with them.
    """

    source: Literal["trained", "derived"]
    utterances: dict[str, int]
    ccc: dict[str, Interval]


class Evaluation(Provenance):
    """The figures of an evaluation folder.

    Attributes:
        utterances: that test.
        resampled: what the intervals were drawn over: speakers, or utterances where the speakers
            are not known.
        scores: by condition; means over the seeds, F1 over the predictions of all seeds together.
        ece: of the headline, like `aurc`, `report` and `confusion`, which count each seed's
            predictions.
        aurc: area under the risk-coverage curve; not in records of old.
        by_seed: UAR of each seed, where there are several.
        gain: where there are two modalities or more.
        speaker_dependent: where it was asked for.
    """

    labels: list[str]
    utterances: int
    speakers: int
    resampled: str
    scores: dict[str, Scores]
    ece: float
    aurc: float | None = None
    report: dict[str, dict[str, float] | float]
    confusion: list[list[int]]
    by_seed: list[SeedScore] = Field(default_factory=list)
    gain: Gain | None = None
    turns: list[TurnScore] = Field(default_factory=list)
    leaks: LeakCheck | None = None
    speaker_dependent: Dependent | None = None
    dimensions: DimensionScores | None = None

    def metrics(self) -> dict[str, float]:
        """The figures as a flat mapping, for whoever logs them; the headline's without suffix."""
        headline = self.scores[self.headline]
        flat = {
            "uar": headline.uar.value,
            "uar_low": headline.uar.low,
            "uar_high": headline.uar.high,
            "accuracy": headline.accuracy.value,
            "macro_f1": headline.macro_f1.value,
            "weighted_f1": headline.weighted_f1.value,
            "ece": self.ece,
        }
        others = {name: scores for name, scores in self.scores.items() if name != self.headline}
        return flat | {f"uar_{name}": scores.uar.value for name, scores in others.items()}
