import numpy as np
import pandas as pd
import pytest
import torch

from undertone.bundle import Bundle
from undertone.dimensions import RATINGS
from undertone.evaluation import dimensions
from undertone.evaluation.dimensions import score_dimensions
from undertone.training.examples import Examples
from undertone.training.predicting import Predicted

LABELS = ("anger", "neutral", "sadness")

UNHEARD = np.full(12, np.nan, np.float32)


class Sure:
    """Stands in for a bundle whose logits are already sure."""

    labels = LABELS

    def distribution(self, logits: torch.Tensor) -> torch.Tensor:
        return torch.softmax(logits, dim=-1)


@pytest.fixture
def examples() -> Examples:
    emotions = list(LABELS) * 4
    frame = pd.DataFrame(
        {
            "speaker_id": [f"s{number // 3}" for number in range(12)],
            "valence": [RATINGS[emotion].valence for emotion in emotions],
            "arousal": [RATINGS[emotion].arousal for emotion in emotions[:6]] + [None] * 6,
            "dominance": [None] * 12,
        }
    )
    return Examples(frame, torch.zeros(12, 1, 2))


def score(monkeypatch: pytest.MonkeyPatch, examples: Examples, said: Predicted):
    monkeypatch.setattr(dimensions, "predict", lambda *_: said)
    bundle: Bundle = Sure()  # type: ignore[assignment]
    return score_dimensions(bundle, examples)


def test_what_is_derived_from_right_classes_agrees_with_the_mapping(monkeypatch, examples) -> None:
    logits = np.tile(np.eye(3, dtype=np.float32) * 50, (4, 1))
    found = score(monkeypatch, examples, Predicted(logits, {}, UNHEARD))
    assert found.source == "derived"
    assert found.utterances == {"valence": 12, "arousal": 6, "dominance": 0}
    assert set(found.ccc) == {"valence", "arousal"}
    assert found.ccc["valence"].value == pytest.approx(1, abs=1e-5)
    assert found.ccc["valence"].low <= found.ccc["valence"].value


def test_a_head_of_its_own_is_scored_where_there_is_one(monkeypatch, examples) -> None:
    values = -examples.dimensions().nan_to_num().numpy()
    found = score(
        monkeypatch, examples, Predicted(np.zeros((12, 3), np.float32), {}, UNHEARD, values)
    )
    assert found.source == "trained"
    assert found.ccc["arousal"].value < 0


def test_unlabelled_examples_have_no_scores(monkeypatch, examples) -> None:
    examples.rows[["valence", "arousal"]] = None
    assert (
        score(monkeypatch, examples, Predicted(np.zeros((12, 3), np.float32), {}, UNHEARD)) is None
    )
