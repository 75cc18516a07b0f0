"""The fused model: speech, its words and the speaker's face to the logits of emotions."""

from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import PreTrainedModel
from transformers.utils.generic import ModelOutput

from undertone.model.acoustic import AcousticBranch
from undertone.model.config import MODALITIES, FusedConfig
from undertone.model.fusion import Fusion
from undertone.model.image import ImageBranch
from undertone.model.loss import concordance_loss, drop_modalities, weighted_cross_entropy
from undertone.model.text import TextBranch


@dataclass
class FusedOutput(ModelOutput):
    """What the model says of a batch.

    Attributes:
        loss: where labels were given.
        logits: of all modalities present together [B, K].
        logits_by_modality: of each modality alone [B, K]; rows without it mean nothing.
        dimensions: valence, arousal and dominance [B, 3], of a model that was trained on them.
        novelty: how far each recording lies from the training speech [B], see
            `undertone.model.novelty`; NaN where there is none, and not measured while training.
    """

    loss: Tensor | None = None
    logits: Tensor | None = None
    logits_by_modality: dict[str, Tensor] | None = None
    dimensions: Tensor | None = None
    novelty: Tensor | None = None


class FusedModel(PreTrainedModel):
    """An acoustic, a text and (where configured) an image branch, and their fusion.

    Attributes:
        class_weights: weight of each emotion in the loss [K].
    """

    config_class = FusedConfig
    config: FusedConfig
    supports_gradient_checkpointing = True
    class_weights: Tensor

    def __init__(self, config: FusedConfig) -> None:
        super().__init__(config)
        self.acoustic = AcousticBranch(config)
        self.text = TextBranch(config)
        self.image = ImageBranch(config) if config.image_encoder else None
        self.fusion = Fusion(config)
        self.register_buffer("class_weights", torch.ones(len(config.labels)))
        self.post_init()  # type: ignore[no-untyped-call]

    def forward(
        self,
        input_features: Tensor | None = None,
        feature_frames: Tensor | None = None,
        acoustic_statistics: Tensor | None = None,
        acoustic_states: Tensor | None = None,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        token_type_ids: Tensor | None = None,
        text_embedding: Tensor | None = None,
        pixel_values: Tensor | None = None,
        image_embedding: Tensor | None = None,
        present: Tensor | None = None,
        labels: Tensor | None = None,
        wanted_dimensions: Tensor | None = None,
    ) -> FusedOutput:
        """Classify a batch of utterances by the modalities that are there.

        Args:
            input_features: log-mel [B, M, F]; needs an acoustic encoder.
            feature_frames: real mel frames of each clip [B]; all F without it.
            acoustic_statistics: [B, L + 1, 2·D], instead of features.
            acoustic_states: of layer k [B, T, D], instead of features: the encoder goes on from
                there, and `acoustic_statistics` are those of layers 0 to k.
            input_ids: tokens [B, T].
            attention_mask: which tokens are not padding [B, T]; all without it.
            token_type_ids: 1 for tokens of what was said before [B, T]; all 0 without it.
            text_embedding: what `text.encode` gave [B, D], instead of tokens.
            pixel_values: [B, C, height, width].
            image_embedding: what `image.encode` gave [B, D], instead of pixels.
            present: which modalities each row has [B, 3] (audio, text, image). One that is absent
                has no influence, whatever its input holds. Without it, a modality whose input is
                given counts as present in all rows.
            labels: indices of the true emotions [B].
            wanted_dimensions: true valence, arousal and dominance [B, 3]; NaN where unknown.
        """
        audio = input_features if acoustic_statistics is None else acoustic_statistics
        text = input_ids if text_embedding is None else text_embedding
        image = pixel_values if image_embedding is None else image_embedding
        there = _presence((audio, text, None if self.image is None else image), present)
        has_audio, has_text, has_image = there.unbind(1)
        if acoustic_states is not None and audio is not None and feature_frames is not None:
            audio = self.acoustic.resumed_statistics(
                acoustic_states, audio, feature_frames, has_audio
            )
        elif audio is not None and acoustic_statistics is None:
            audio = self.acoustic.statistics(audio, feature_frames, has_audio)
        if text is not None and text_embedding is None:
            text = self.text.encode(text, attention_mask, token_type_ids, has_text)
        if self.image is not None and image is not None and image_embedding is None:
            image = self.image.encode(image, has_image)
        novelty = None if self.training else self._novelty(audio, has_audio)
        logits, alone, dimensions = self._fuse((audio, text, image), there)
        loss = None if labels is None else self._loss(logits, alone, there, labels)
        if loss is not None and dimensions is not None and wanted_dimensions is not None:
            loss = loss + concordance_loss(dimensions, wanted_dimensions)
        return FusedOutput(
            loss=loss,
            logits=logits,
            logits_by_modality=dict(zip(MODALITIES, alone.unbind(1), strict=True)),
            dimensions=dimensions,
            novelty=novelty,
        )

    def _novelty(self, statistics: Tensor | None, present: Tensor) -> Tensor:
        if statistics is None:
            return torch.full(present.shape, torch.nan, device=present.device)
        return self.acoustic.novelty_of(statistics, present)

    def _fuse(
        self, encoded: tuple[Tensor | None, ...], present: Tensor
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        branches = (self.acoustic, self.text, self.image)
        nothing = self.fusion.absent.new_zeros(len(present), self.config.hidden_size)
        embeddings = [
            nothing if branch is None or values is None else branch(values, present[:, place])
            for place, (branch, values) in enumerate(zip(branches, encoded, strict=True))
        ]
        chance = self.config.modality_dropout if self.training else 0.0
        logits, alone, dimensions = self.fusion(
            torch.stack(embeddings, dim=1), drop_modalities(present, chance)
        )
        return logits.float(), alone.float(), None if dimensions is None else dimensions.float()

    def _loss(self, logits: Tensor, alone: Tensor, present: Tensor, labels: Tensor) -> Tensor:
        """Loss of the fused logits and, weighted, that of each present modality's own head."""
        smoothing = self.config.label_smoothing
        loss = weighted_cross_entropy(logits, labels, self.class_weights, smoothing)
        for place in range(len(MODALITIES)):
            own = weighted_cross_entropy(
                alone[:, place], labels, self.class_weights, smoothing, present[:, place]
            )
            loss = loss + self.config.modality_loss * own
        return loss


def _presence(inputs: tuple[Tensor | None, ...], present: Tensor | None) -> Tensor:
    """Which modalities each row has [B, 3]; those without input are absent in all rows.

    Raises:
        ValueError: there is no input at all.
    """
    first = next((values for values in inputs if values is not None), None)
    if first is None:
        raise ValueError("Nothing to classify: give at least one modality.")
    given = torch.tensor([values is not None for values in inputs], device=first.device)
    if present is None:
        return given.expand(len(first), len(MODALITIES))
    return present.to(device=first.device, dtype=torch.bool) & given
