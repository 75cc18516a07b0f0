"""What joins the evidence of the modalities that are there."""

import torch
from torch import Tensor, nn

from undertone.model.config import MODALITIES, FusedConfig

DIMENSIONS = 3  # valence, arousal, dominance


class Fusion(nn.Module):
    """Embeddings of three modalities, any of them missing, to logits.

    Each modality's own head says what it alone would say. The heads' logits of those present are
    added, as in a product of experts (Hinton, 2002), to the logits of a joint head that sees all
    embeddings side by side, a learned one in place of each that is missing. Where configured,
    what the joint head made of them is also read for valence, arousal and dominance.
    """

    def __init__(self, config: FusedConfig) -> None:
        super().__init__()
        hidden, classes = config.hidden_size, len(config.labels)
        self.absent = nn.Parameter(torch.zeros(len(MODALITIES), hidden))
        self.trust = nn.Parameter(torch.ones(len(MODALITIES)))
        self.heads = nn.ModuleDict({name: nn.Linear(hidden, classes) for name in MODALITIES})
        self.joint = nn.Sequential(
            nn.Linear(len(MODALITIES) * hidden, hidden),
            nn.GELU(),
            nn.Dropout(config.dropout),
            nn.Linear(hidden, classes),
        )
        self.dimensions = (
            nn.Sequential(nn.Linear(hidden, DIMENSIONS), nn.Tanh()) if config.dimensions else None
        )

    def forward(self, embeddings: Tensor, present: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        """Join embeddings.

        Args:
            embeddings: [B, 3, H] in the order of `MODALITIES`.
            present: which of them count [B, 3]; the others have no influence.

        Returns:
            Fused logits [B, K], what each modality alone says [B, 3, K], and valence, arousal and
            dominance [B, 3] where configured.
        """
        alone = torch.stack(
            [self.heads[name](embeddings[:, place]) for place, name in enumerate(MODALITIES)], 1
        )
        weights = (present * self.trust)[..., None]
        evidence = (alone.masked_fill(~present[..., None], 0) * weights).sum(1)
        side_by_side = torch.where(present[..., None], embeddings, self.absent)
        joint = self.joint[:-1](side_by_side.flatten(1))
        dimensions = None if self.dimensions is None else self.dimensions(joint)
        return evidence + self.joint[-1](joint), alone, dimensions
