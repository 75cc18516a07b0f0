from pathlib import Path

import numpy as np
from safetensors.torch import load_file

from undertone.speech.tensors import lay_out


def test_what_is_assigned_stands_in_a_safetensors_file(tmp_path: Path) -> None:
    file = tmp_path / "laid-out.safetensors"
    tensors = lay_out(file, {"statistics": ("F32", (3, 2, 5)), "present": ("U8", (3,))})
    tensors["statistics"][1] = np.arange(10).reshape(2, 5)
    tensors["present"][1] = 1
    del tensors
    stored = load_file(file)
    assert stored["statistics"].shape == (3, 2, 5)
    assert stored["statistics"][1].flatten().tolist() == list(range(10))
    assert not stored["statistics"][[0, 2]].any()
    assert stored["present"].tolist() == [0, 1, 0]


def test_room_is_taken_as_it_is_filled(tmp_path: Path) -> None:
    file = tmp_path / "large.safetensors"
    tensors = lay_out(file, {"statistics": ("F32", (100_000, 5, 768))})
    tensors["statistics"][50_000] = 1.0
    del tensors
    assert file.stat().st_size > 1_500_000_000
    assert file.stat().st_blocks * 512 < 1_000_000
