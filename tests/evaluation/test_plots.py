from pathlib import Path

import numpy as np
import pytest

from undertone.evaluation.metrics import Interval
from undertone.evaluation.plots import plot_groups, plot_learning_curves, plot_risk_coverage

CURVE = [
    {"epoch": 1.0, "loss": 2.0, "validation_loss": 1.9, "validation_uar": 0.4},
    {"epoch": 2.0, "validation_loss": 1.7, "validation_uar": 0.6},
]


def size(file: Path) -> tuple[int, int]:
    from PIL import Image

    with Image.open(file) as image:
        return image.size


def test_groups_grow_the_picture(tmp_path: Path) -> None:
    half = Interval(value=0.5, low=0.3, high=0.6)
    for count in (1, 6):
        groups = {f"group {number}": half for number in range(count)}
        plot_groups(tmp_path / f"{count}.png", groups, half, title="groups", note="seed 1")
    assert size(tmp_path / "6.png")[1] > size(tmp_path / "1.png")[1]


@pytest.mark.parametrize("right", [0, 5, 9])
def test_risk_and_coverage(tmp_path: Path, right: int) -> None:
    correct = np.arange(9) < right
    plot_risk_coverage(
        tmp_path / "risk.png", np.linspace(0.9, 0.1, 9), correct, title="risk", note=""
    )
    assert size(tmp_path / "risk.png")[0] > 500


def test_each_stage_of_a_fit_has_its_curves(tmp_path: Path) -> None:
    for stages in (["heads"], ["heads", "encoders"]):
        curves = dict.fromkeys(stages, CURVE) | {"nothing": []}
        plot_learning_curves(tmp_path / f"{len(stages)}.png", curves, title="curves", note="")
    assert size(tmp_path / "2.png")[0] > size(tmp_path / "1.png")[0]
