from pathlib import Path

import numpy as np
import pytest

from undertone.prediction import Transcript, Word
from undertone.speech.listener import Heard
from undertone.speech.memory import remembering

SAID = Transcript(text="well", words=[Word(word="well", start=0.1, end=0.4, probability=0.9)])


@pytest.mark.parametrize("transcript", [SAID, None])
def test_what_was_heard_outlives_the_process(tmp_path: Path, transcript: Transcript | None) -> None:
    statistics = np.random.default_rng(0).normal(size=(3, 8)).astype(np.float32)
    with remembering(tmp_path / "cache" / "heard.sqlite") as memory:
        memory["abc"] = Heard(transcript, statistics)
    with remembering(tmp_path / "cache" / "heard.sqlite") as memory:
        assert "abc" in memory
        assert memory["abc"].transcript == transcript
        np.testing.assert_array_equal(memory["abc"].statistics, statistics)


def test_what_was_not_heard_is_not_known(tmp_path: Path) -> None:
    with remembering(tmp_path / "heard.sqlite") as memory:
        assert "abc" not in memory
        with pytest.raises(KeyError):
            memory["abc"]


def test_two_can_remember_at_once(tmp_path: Path) -> None:
    heard = Heard(None, np.zeros((1, 2), np.float32))
    with remembering(tmp_path / "m.sqlite") as one, remembering(tmp_path / "m.sqlite") as other:
        one["a"] = heard
        other["a"] = heard
        other["b"] = heard
        assert "b" in one
