"""The image branch: the speaker's face."""

from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, PreTrainedConfig

from undertone.model.config import FusedConfig
from undertone.model.layers import Projection, blanked


class ImageBranch(nn.Module):
    """Pixels, or an embedding of them that was computed before, to an embedding [B, H].

    Attributes:
        encoder: any image encoder of `transformers.AutoModel`, a transformer or a convolution.
    """

    def __init__(self, config: FusedConfig) -> None:
        super().__init__()
        image_config = AutoConfig.for_model(**(config.image_encoder or {}))
        self.encoder = AutoModel.from_config(image_config)
        self.project = Projection(
            output_size(image_config), config.hidden_size, config.input_dropout, config.dropout
        )

    def encode(self, pixel_values: Tensor, present: Tensor) -> Tensor:
        """Mean of the encoder's states over patches [B, D]; rows not `present` are blanked.

        Args:
            pixel_values: [B, C, height, width], as the encoder's image processor gives them.
            present: which rows hold an image [B].
        """
        states = self.encoder(blanked(pixel_values, present)).last_hidden_state
        pooled: Tensor = states.mean((2, 3)) if states.dim() == 4 else states.mean(1)
        return pooled

    def forward(self, encoded: Tensor, present: Tensor) -> Tensor:
        """Embeddings [B, H] of what `encode` gave [B, D]; rows not `present` are blanked."""
        embedding: Tensor = self.project(blanked(encoded, present))
        return embedding


def output_size(config: PreTrainedConfig) -> int:
    """Dimensions of an image encoder's last states."""
    stages = getattr(config, "hidden_sizes", None)
    return int(stages[-1] if stages else config.hidden_size)
