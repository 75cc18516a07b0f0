"""The shape of a fused model, as its `config.json` keeps it."""

from collections.abc import Sequence
from typing import Any, ClassVar

from transformers import PreTrainedConfig

MODALITIES = ("audio", "text", "image")
AUDIO, TEXT, IMAGE = range(3)
UNHEARD = (1, 2)  # shape of the statistics of a corpus that has no audio


class FusedConfig(PreTrainedConfig):
    """Configuration of `FusedModel`.

    Attributes:
        statistics_shape: (L + 1, 2·D) of one clip's acoustic statistics; `UNHEARD` of a model that
            was trained on text alone.
        acoustic_encoder: Whisper configuration, or none for a model that is given statistics
            which the Whisper that listens has already pooled.
        text_encoder: configuration of any text encoder of `AutoModel`.
        text_from_scratch: whether it was never pretrained, so that it is always trained.
        image_encoder: configuration of any image encoder of `AutoModel`, or none.
        detect_face: whether it is shown the face alone, which is looked for in the picture;
            without it the whole picture.
        pooling: `statistics` (mean and deviation) or `attention` (the same, weighted by learned
            attention; needs an acoustic encoder).
        input_dropout: share of an encoder's output dimensions dropped while training.
        dropout: share of hidden units dropped while training.
        modality_dropout: chance of a modality to be dropped from a training example.
        modality_loss: weight of the loss of each modality's own head.
        label_smoothing: of all losses.
        novelty_rank: main directions of the training speech that its novelty is measured by.
        dimensions: whether it also answers valence, arousal and dominance.
    """

    model_type = "undertone"
    keys_to_ignore_at_inference: ClassVar[list[str]] = [
        "logits_by_modality",
        "dimensions",
        "novelty",
    ]

    def __init__(
        self,
        labels: Sequence[str] = (),
        statistics_shape: Sequence[int] = UNHEARD,
        acoustic_encoder: dict[str, Any] | None = None,
        text_encoder: dict[str, Any] | None = None,
        text_from_scratch: bool = False,
        image_encoder: dict[str, Any] | None = None,
        detect_face: bool = True,
        hidden_size: int = 128,
        pooling: str = "statistics",
        input_dropout: float = 0.3,
        dropout: float = 0.2,
        modality_dropout: float = 0.2,
        modality_loss: float = 0.5,
        label_smoothing: float = 0.0,
        novelty_rank: int = 32,
        dimensions: bool = False,
        **kwargs: Any,
    ) -> None:
        if labels:
            kwargs["id2label"] = dict(enumerate(labels))
            kwargs["label2id"] = {label: index for index, label in enumerate(labels)}
        self.statistics_shape = list(statistics_shape)
        self.acoustic_encoder = acoustic_encoder
        self.text_encoder = text_encoder
        self.text_from_scratch = text_from_scratch
        self.image_encoder = image_encoder
        self.detect_face = detect_face
        self.hidden_size = hidden_size
        self.pooling = pooling
        self.input_dropout = input_dropout
        self.dropout = dropout
        self.modality_dropout = modality_dropout
        self.modality_loss = modality_loss
        self.label_smoothing = label_smoothing
        self.novelty_rank = novelty_rank
        self.dimensions = dimensions
        super().__init__(**kwargs)

    @property
    def labels(self) -> tuple[str, ...]:
        """The emotions in the order of the logits."""
        return tuple(name for _, name in sorted((self.id2label or {}).items()))
