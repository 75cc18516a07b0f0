from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from peft import LoraConfig, inject_adapter_in_model
from tiny_whisper import save_encoder, tiny_config, tiny_encoder
from transformers import WhisperConfig

from undertone.errors import ModelError
from undertone.speech.encoder import AcousticEncoder, pool
from undertone.speech.features import grid_frames, states_of

FRAMES = st.lists(st.integers(1, 200), min_size=2, max_size=4)


def features(frames: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(80, grid_frames(frames), generator=generator)


@torch.no_grad()
@settings(deadline=None, max_examples=15)
@given(FRAMES)
def test_a_batch_equals_single_runs_whatever_is_in_its_padding(frames: list[int]) -> None:
    encoder = tiny_encoder()
    clips = [features(count, seed) for seed, count in enumerate(frames)]
    batch = torch.full((len(clips), 80, max(clip.shape[1] for clip in clips)), 7.0)
    for row, clip in zip(batch, clips, strict=True):
        row[:, : clip.shape[1]] = clip
    counts = torch.tensor(frames)
    together = encoder(batch, counts)
    pooled = pool(together, counts)
    for row, clip in enumerate(clips):
        alone = encoder(clip[None], counts[row : row + 1])
        torch.testing.assert_close(together[row, :, : alone.shape[2]], alone[0], atol=1e-5, rtol=0)
        single = pool(alone, counts[row : row + 1])[0]
        torch.testing.assert_close(pooled[row], single, atol=1e-5, rtol=0)


@torch.no_grad()
def test_states_are_those_of_transformers_at_full_length() -> None:
    encoder = tiny_encoder()
    full = torch.randn(2, 80, 200)
    theirs = encoder.whisper(full, output_hidden_states=True)
    ours = encoder(full, torch.tensor([200, 200]))
    assert ours.shape == (2, 3, 100, 16)
    torch.testing.assert_close(ours[:, 0], theirs.hidden_states[0])
    torch.testing.assert_close(ours[:, 1], theirs.hidden_states[1])
    torch.testing.assert_close(ours[:, -1], theirs.last_hidden_state)


@pytest.mark.parametrize("frames", [51, 250])
def test_features_of_a_length_it_cannot_take_are_refused(frames: int) -> None:
    with pytest.raises(ModelError, match=f"not {frames}"):
        tiny_encoder()(torch.zeros(1, 80, frames), torch.tensor([frames]))


@settings(deadline=None)
@given(st.integers(1, 200))
def test_pooling_sees_real_frames_only(frames: int) -> None:
    states = torch.randn(1, 3, 100, 4, generator=torch.Generator().manual_seed(frames))
    real = states[0, :, : states_of(frames)].double().numpy()
    expected = np.concatenate([real.mean(1), np.sqrt(np.maximum(real.var(1), 1e-8))], -1)
    pooled = pool(states, torch.tensor([frames]))
    np.testing.assert_allclose(pooled[0].numpy(), expected, atol=1e-4)


def test_gradients_reach_the_weights_even_from_a_single_frame() -> None:
    encoder = tiny_encoder().train()
    frames = torch.tensor([1, 90])
    pool(encoder(torch.randn(2, 80, 100), frames), frames).sum().backward()
    gradients = [parameter.grad for parameter in encoder.parameters() if parameter.requires_grad]
    assert all(gradient is not None and gradient.isfinite().all() for gradient in gradients)


def test_low_rank_adapters_can_be_injected() -> None:
    encoder = tiny_encoder()
    before = encoder(features(90)[None], torch.tensor([90]))
    lora = LoraConfig(r=2, target_modules=r".*\.(q_proj|v_proj)")
    adapted = inject_adapter_in_model(lora, encoder)
    assert sum("lora_A" in name for name, _ in adapted.named_parameters()) == 4
    torch.testing.assert_close(adapted(features(90)[None], torch.tensor([90])), before)


@pytest.mark.parametrize("prefix", ["model.encoder.", "encoder."])
def test_an_encoder_is_read_from_a_whisper_folder_in_float32(tmp_path: Path, prefix: str) -> None:
    half = tiny_encoder().half()
    folder = save_encoder(half, tmp_path / "whisper", prefix, **{"proj_out.weight": torch.ones(1)})
    read = AcousticEncoder.from_folder(folder)
    assert {parameter.dtype for parameter in read.parameters()} == {torch.float32}
    assert read.fingerprint() == half.fingerprint()
    assert read.statistics_shape == (3, 32)


def test_the_fingerprint_tells_weights_apart() -> None:
    encoder = tiny_encoder()
    before = encoder.fingerprint()
    with torch.no_grad():
        encoder.whisper.layers[0].fc1.bias[0] += 0.1
    assert before == tiny_encoder().fingerprint() != encoder.fingerprint()


def test_an_empty_folder_is_no_whisper(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not a Whisper folder"):
        AcousticEncoder.from_folder(tmp_path)


def test_an_incomplete_whisper_is_refused(tmp_path: Path) -> None:
    folder = save_encoder(tiny_encoder(), tmp_path)
    tiny_config(encoder_layers=3).save_pretrained(folder)
    with pytest.raises(ModelError, match="not a complete Whisper encoder"):
        AcousticEncoder.from_folder(folder)


def test_weights_that_are_cut_off_are_refused(tmp_path: Path) -> None:
    folder = save_encoder(tiny_encoder(), tmp_path)
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    with pytest.raises(ModelError, match="not readable as safetensors"):
        AcousticEncoder.from_folder(folder)


@torch.no_grad()
@pytest.mark.parametrize("prefix", [0, 3])
@pytest.mark.parametrize("layer", [0, 1])
def test_encoding_goes_on_from_the_states_of_a_layer(layer: int, prefix: int) -> None:
    encoder = tiny_encoder()
    if prefix:
        encoder.add_prefix(prefix)
    counts = torch.tensor([120, 40])
    clips = torch.randn(2, 80, 150)
    whole = encoder(clips, counts)
    resumed = encoder.resume(whole[:, layer], counts, layer)
    torch.testing.assert_close(pool(resumed, counts), pool(whole, counts)[:, layer:])
    partly = encoder(clips, counts, until=layer)
    torch.testing.assert_close(pool(partly, counts), pool(whole, counts)[:, : layer + 1])


def test_a_prefix_survives_its_configuration() -> None:
    encoder = tiny_encoder()
    encoder.add_prefix(3)
    again = AcousticEncoder(WhisperConfig(**encoder.config.to_dict()))
    again.load_state_dict(encoder.state_dict())
    assert again.prefix is not None
    assert again.prefix.shape == (2, 3, 16)
