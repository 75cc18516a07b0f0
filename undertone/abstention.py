"""When not to answer: sounds that the model cannot know, and emotions it cannot tell."""

from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, Field

UNKNOWN = "unknown"
MARGIN = 2.0
USUAL_SHARE = 0.99

Reason = Literal["no speech", "unlike the training speech", "too unsure"]
Floats = npt.NDArray[np.floating]


class Abstention(BaseModel):
    """The bounds of what a model answers, fitted on validation speakers.

    Attributes:
        novelty_limit: distance from the training speech, as `undertone.model.novelty` measures it,
            at which an answer becomes `unknown`; none for a model that hears no speech.
        confidence_floor: confidence under which it does.
    """

    novelty_limit: float | None = Field(None, gt=0)
    confidence_floor: float = Field(0.0, ge=0, le=1)

    def score(self, novelty: float | None) -> float | None:
        """The out-of-distribution score: distance in units of the limit, 1 where it is reached."""
        if novelty is None or self.novelty_limit is None or not np.isfinite(novelty):
            return None
        return novelty / self.novelty_limit

    def reason(self, confidence: float, score: float | None, *, speech: bool) -> Reason | None:
        """Why not to answer, or none.

        Args:
            confidence: of the likeliest emotion.
            score: of the recording; none where there is none.
            speech: whether speech was found in it; true where there is no recording.
        """
        if not speech:
            return "no speech"
        if score is not None and score >= 1:
            return "unlike the training speech"
        return "too unsure" if confidence < self.confidence_floor else None


def fit_abstention(confidences: Floats, novelty: Floats, coverage: float) -> Abstention:
    """Bounds from held-out speech that the model ought to answer.

    The limit is twice what 99 in 100 held-out recordings stay under: new speakers lie further
    out than those few, while noise, tones and music lie ten times as far.

    Args:
        confidences: [N].
        novelty: [N], NaN for utterances without a recording.
        coverage: the share of them that is to be answered, by confidence.
    """
    heard = novelty[np.isfinite(novelty)]
    limit = MARGIN * float(np.quantile(heard, USUAL_SHARE)) if len(heard) else 0.0
    floor = float(np.quantile(confidences, 1 - coverage)) if len(confidences) else 0.0
    return Abstention(novelty_limit=limit or None, confidence_floor=floor)
