from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_whisper import save_encoder, tiny_encoder

from undertone.config import Engine, ListeningParams
from undertone.errors import ModelError
from undertone.hub import resolve
from undertone.speech.encoder import AcousticEncoder, pool
from undertone.speech.engines import encode_by
from undertone.speech.features import log_mel, real_frames
from undertone.speech.listener import Listener


@pytest.mark.parametrize(("engine", "least"), [("bfloat16", 0.999), ("int8", 0.99)])
def test_other_engines_hear_nearly_the_same(
    engine: Engine,
    least: float,
    sentences: list[tuple[str, np.ndarray]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("UNDERTONE_HOME", str(tmp_path))
    exact, quick = (
        Listener(resolve("whisper-demo"), ListeningParams(engine=one)) for one in ("torch", engine)
    )
    for _, samples in sentences:
        ours, theirs = (one.listen(samples) for one in (quick, exact))
        alike = np.sum(ours.statistics * theirs.statistics, axis=1) / (
            np.linalg.norm(ours.statistics, axis=1) * np.linalg.norm(theirs.statistics, axis=1)
        )
        assert alike.min() > least
        assert ours.transcript is not None
        assert ours.transcript.text


def test_8_bits_take_any_length_and_number_of_clips(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNDERTONE_HOME", str(tmp_path / "home"))
    folder = save_encoder(tiny_encoder(), tmp_path / "whisper")
    encoder = AcousticEncoder.from_folder(folder)
    encode = encode_by("int8", encoder, folder)
    noise = np.random.default_rng(0).normal(0, 0.05, (3, 20_000)).astype(np.float32)
    for count, length in ((1, 4_000), (3, 20_000)):
        features = torch.from_numpy(np.stack([log_mel(clip[:length]) for clip in noise[:count]]))
        frames = torch.full((count,), real_frames(length))
        with torch.inference_mode():
            ours, theirs = (pool(run(features, frames), frames) for run in (encode, encoder))
        assert ours.shape == theirs.shape
        assert torch.nn.functional.cosine_similarity(ours, theirs, dim=-1).min() > 0.98


def test_8_bits_refuse_clips_that_would_need_a_mask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNDERTONE_HOME", str(tmp_path / "home"))
    folder = save_encoder(tiny_encoder(), tmp_path / "whisper")
    encode = encode_by("int8", AcousticEncoder.from_folder(folder), folder)
    with pytest.raises(ValueError, match="no mask"):
        encode(torch.zeros(2, 80, 100), torch.tensor([100, 50]))


def test_a_learned_prefix_cannot_run_in_8_bits(tmp_path: Path) -> None:
    encoder = tiny_encoder()
    encoder.add_prefix(2)
    with pytest.raises(ModelError, match="engine=torch"):
        encode_by("int8", encoder, tmp_path)
