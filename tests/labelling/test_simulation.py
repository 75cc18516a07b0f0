import numpy as np

from tests.training import synthetic
from undertone.evaluation.metrics import uar
from undertone.labelling.simulation import simulate

SHARES = (0.2, 0.6, 1.0)


def test_labels_are_uncovered_until_all_are_known() -> None:
    examples = synthetic.examples(5, each=4)
    curves = simulate(examples, synthetic.LABELS, ["random", "diverse-margin"], SHARES, seeds=2)
    truth = examples.targets(synthetic.LABELS).numpy()
    for curve in curves:
        assert curve.predicted.shape == (2, 3, len(examples))
        assert uar(truth, curve.predicted[0, -1], 3) > 0.7
    whole = [curve.predicted[:, -1] for curve in curves]
    assert np.array_equal(whole[0], whole[1])  # all labels are all labels, whoever chose


def test_the_test_speaker_chooses_nothing() -> None:
    examples = synthetic.examples(4, each=3)
    last = examples.rows["speaker_id"] == "s3"
    (before,) = simulate(examples, synthetic.LABELS, ["margin"], SHARES, seeds=1)
    turned = examples.take(range(len(examples)))
    turned.rows.loc[last, "emotion"] = "anger"
    (after,) = simulate(turned, synthetic.LABELS, ["margin"], SHARES, seeds=1)
    assert np.array_equal(before.predicted[..., last], after.predicted[..., last])
