from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.training import synthetic
from undertone.abstention import Abstention
from undertone.evaluation.behaviour import abstaining
from undertone.evaluation.behaviour.abstaining import SOUNDS, Judged, judge
from undertone.training.examples import Examples
from undertone.training.fitting import fit


def judged(novelty: list[float], limit: float) -> Judged:
    return Judged(np.array(novelty), np.array(novelty) >= limit)


@pytest.mark.parametrize(
    ("strange", "area", "passed"), [([9, 9, 8], 1.0, True), ([1, 2, 3], 0.5, False)]
)
def test_the_area_tells_strange_sounds_from_speech(
    strange: list[float], area: float, passed: bool
) -> None:
    found = abstaining._told("rain", judged([1, 2, 3], 4), judged(strange, 4))
    assert [finding.value for finding in found] == pytest.approx([area, float(passed)])
    assert [finding.passed for finding in found] == [passed, passed]
    assert [finding.n for finding in found] == [6, 3]


def test_refusal_is_that_of_the_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = synthetic.rows(2)
    corpus, _ = synthetic.write_folders(tmp_path, frame)
    frame["path"] = [str(corpus / path) for path in frame["path"]]
    train = Examples(frame, synthetic.statistics(frame))
    params = synthetic.settings()
    bundle = fit(train, train, params, synthetic.LABELS)
    monkeypatch.setattr(abstaining, "speech_segments", lambda _: [(0.0, 0.5)])
    usual = judge(bundle, train, params.audio)
    assert usual.novelty.shape == (6,)
    assert not usual.unknown.any()
    bundle.abstention = Abstention(novelty_limit=float(usual.novelty.min()) / 2)
    assert judge(bundle, train, params.audio).unknown.all()
    bundle.abstention = Abstention()
    monkeypatch.setattr(abstaining, "speech_segments", lambda _: [])
    assert judge(bundle, train, params.audio).unknown.all()


def test_every_sound_is_seeded_and_at_its_level(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(abstaining, "EACH", 1)
    for name, (_, level) in SOUNDS.items():
        first, again = (
            soundfile.read(abstaining._sounds(name, folder, seed=1)[0])[0]
            for folder in (tmp_path, tmp_path)
        )
        assert np.array_equal(first, again)
        assert 20 * np.log10(first.std()) == pytest.approx(level, abs=0.1)
        assert 16_000 <= len(first) <= 80_000
