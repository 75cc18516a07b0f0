"""The encoder of Whisper at a clip's real length, with the states of every layer.

Whisper (Radford et al., 2023, "Robust Speech Recognition via Large-Scale Weak Supervision")
pads each clip to 30 s. Here a clip is padded to the next half second only, and shorter clips of
a batch are masked, so that a clip's states do not depend on the company it was batched in.
"""

import hashlib
import re
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn
from transformers import WhisperConfig
from transformers.models.whisper.modeling_whisper import WhisperEncoder

from undertone.errors import ModelError
from undertone.speech.features import grid_frames, states_of

ENCODER_KEY = re.compile(r"^(?:model\.)?encoder\.")
SMALLEST_VARIANCE = 1e-8
PREFIX_SCALE = 0.02


class AcousticEncoder(nn.Module):
    """A Whisper encoder that shows all of its layers.

    Attributes:
        config: the Whisper configuration it was built from; its `prefix_length`, where it has
            one, is the number P of learned prefix states.
        whisper: the transformers module that holds the weights.
        prefix: learned states before those of each layer [L, P, D], or none: prefix tuning (Li &
            Liang, 2021, arXiv 2101.00190) with states in place of keys and values (Jia et al.,
            2022, arXiv 2203.12119).
    """

    def __init__(self, config: WhisperConfig) -> None:
        super().__init__()
        self.config = config
        self.whisper = WhisperEncoder(config)
        self.prefix: nn.Parameter | None = None
        if length := int(getattr(config, "prefix_length", 0)):
            self.add_prefix(length)

    @classmethod
    def from_folder(cls, folder: Path) -> "AcousticEncoder":
        """Read the encoder of a Whisper folder (a full model, or its encoder alone) in float32.

        Raises:
            ModelError: the folder holds no Whisper, or not all weights of its encoder.
        """
        if not (folder / "config.json").is_file():
            raise ModelError(f"{folder} holds no config.json: it is not a Whisper folder.")
        config = WhisperConfig.from_pretrained(folder, local_files_only=True)
        config.dtype = torch.float32
        encoder = cls(config).float().eval()
        try:
            encoder.whisper.load_state_dict(_encoder_weights(folder))
        except RuntimeError as error:
            raise ModelError(f"{folder} is not a complete Whisper encoder: {error}") from error
        return encoder

    def add_prefix(self, length: int) -> None:
        """Put `length` learned states, small and random, before those of each layer."""
        shape = (self.layers, length, int(self.config.d_model))
        self.prefix = nn.Parameter(torch.randn(shape) * PREFIX_SCALE)
        self.config.prefix_length = length

    @property
    def layers(self) -> int:
        """Number of transformer layers L."""
        return int(self.config.encoder_layers)

    @property
    def statistics_shape(self) -> tuple[int, int]:
        """Shape of one clip's pooled statistics: (L + 1, 2·D)."""
        return self.layers + 1, 2 * int(self.config.d_model)

    def forward(self, features: Tensor, frames: Tensor, until: int | None = None) -> Tensor:
        """Encode a batch of clips.

        Args:
            features: log-mel [B, M, F], each clip first and anything behind it.
            frames: real mel frames of each clip [B]. A clip is heard up to the half second
                that holds its last frame, the rest is masked.
            until: the last layer that is wanted; all without it.

        Returns:
            States [B, L + 1, T, D] with T = F / 2: index 0 is the convolutions' output with
            positions, 1 to L - 1 are the outputs of those layers, L is the output of the last
            layer after the final norm, which is what the decoder reads. States behind a clip's
            half second mean nothing.

        Raises:
            ModelError: F is odd, or longer than the encoder's positions.
        """
        self._check_length(features.shape[-1])
        audible = _audible(features.shape[-1], frames.to(features.device))
        return self.resume(self._embed(features * audible[:, None]), frames, until=until)

    def unmasked(self, features: Tensor) -> Tensor:
        """States of clips [B, M, F] that all fill F up to the last half second, as `forward`."""
        return self._layers(self._embed(features), None, 0, self.layers)

    def resume(
        self, hidden: Tensor, frames: Tensor, layer: int = 0, until: int | None = None
    ) -> Tensor:
        """Encode on from the states of a layer.

        Args:
            hidden: states at index `layer` of what `forward` returns [B, T, D].
            frames: real mel frames of each clip [B].
            layer: where they come from; not the last.
            until: the last layer that is wanted; all without it.

        Returns:
            States [B, until + 1 - layer, T, D], those given first.
        """
        last = self.layers if until is None else until
        audible = _audible(2 * hidden.shape[1], frames.to(hidden.device))[:, ::2]
        length = 0 if self.prefix is None else self.prefix.shape[1]
        mask = _attention_mask(nn.functional.pad(audible, (length, 0), value=True), hidden.dtype)
        return self._layers(hidden, mask, layer, last)

    def _layers(self, hidden: Tensor, mask: Tensor | None, first: int, last: int) -> Tensor:
        states = [hidden]
        for place in range(first, last):
            if self.prefix is not None:
                before = self.prefix[place].expand(len(hidden), -1, -1).to(hidden.dtype)
                hidden = torch.cat([before, hidden], dim=1)
            hidden = self.whisper.layers[place](hidden, mask)
            if self.prefix is not None:
                hidden = hidden[:, self.prefix.shape[1] :]
            states.append(hidden)
        if last == self.layers:
            states[-1] = self.whisper.layer_norm(hidden)
        return torch.stack([state.to(hidden.dtype) for state in states], dim=1)

    def fingerprint(self) -> str:
        """Hex SHA-256 of the weights as float32, the same for any way they were stored."""
        digest = hashlib.sha256()
        for name, weight in sorted(self.whisper.state_dict().items()):
            digest.update(name.encode())
            digest.update(weight.detach().float().cpu().contiguous().numpy().tobytes())
        return digest.hexdigest()

    def _embed(self, features: Tensor) -> Tensor:
        hidden = nn.functional.gelu(self.whisper.conv1(features))
        hidden = nn.functional.gelu(self.whisper.conv2(hidden)).transpose(1, 2)
        return hidden + self.whisper.embed_positions.weight[: hidden.shape[1]]

    def _check_length(self, frames: int) -> None:
        longest = 2 * int(self.config.max_source_positions)
        if frames % 2 or frames > longest:
            raise ModelError(
                f"The encoder takes an even number of up to {longest} mel frames, not {frames}."
            )


def pool(states: Tensor, frames: Tensor) -> Tensor:
    """Mean and standard deviation of each layer's states over a clip's real frames.

    Args:
        states: [B, L + 1, T, D] of `AcousticEncoder.forward`.
        frames: real mel frames of each clip [B], at least one.

    Returns:
        Statistics [B, L + 1, 2·D], the means first.
    """
    states = states.float()
    real = states_of(frames.to(states.device))
    weight = (torch.arange(states.shape[2], device=states.device) < real[:, None]).to(states.dtype)
    weight = (weight / real[:, None])[:, None, :, None]
    mean = (states * weight).sum(2)
    variance = ((states - mean[:, :, None]).square() * weight).sum(2)
    return torch.cat([mean, variance.clamp_min(SMALLEST_VARIANCE).sqrt()], dim=-1)


def means(statistics: Tensor) -> Tensor:
    """The means [..., D] in statistics [..., 2·D] of `pool`."""
    return statistics.chunk(2, dim=-1)[0]


def _audible(length: int, frames: Tensor) -> Tensor:
    """Which of `length` mel frames lie within the half second of each clip's last one [B, F]."""
    return torch.arange(length, device=frames.device) < grid_frames(frames)[:, None]


def _attention_mask(audible: Tensor, dtype: torch.dtype) -> Tensor | None:
    """Additive mask [B, 1, T, T] that hides padding, or none where nothing is to hide."""
    if bool(audible.all()):
        return None
    hidden = torch.zeros(audible.shape, dtype=dtype, device=audible.device)
    hidden.masked_fill_(~audible, torch.finfo(dtype).min)
    return hidden[:, None, None, :].expand(-1, 1, audible.shape[1], -1)


def _encoder_weights(folder: Path) -> dict[str, Tensor]:
    weights = {}
    for file in sorted(folder.glob("model*.safetensors")):
        try:
            with safe_open(file, framework="pt") as stored:
                for key in filter(ENCODER_KEY.match, stored.keys()):
                    weights[ENCODER_KEY.sub("", key)] = stored.get_tensor(key)
        except SafetensorError as error:
            raise ModelError(f"{file} is not readable as safetensors: {error}") from error
    return weights
