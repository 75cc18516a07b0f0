"""What a predictor sees with: the bundle's own image branch, a pretrained expert, or nothing."""

from copy import copy
from dataclasses import dataclass, field

from undertone.bundle import Bundle
from undertone.config import FaceParams
from undertone.face.expert import FaceExpert, trust_in
from undertone.face.sight import see
from undertone.prediction import Face
from undertone.training.sources import Inputs

IMAGE = "image"

Shares = dict[str, float]


@dataclass(frozen=True)
class Seen:
    """What was seen in a picture, and what the fused model takes of it."""

    face: Face | None = None
    inputs: Inputs = field(default_factory=dict)


class Eyes:
    """Looks at the picture of an utterance, and lets what it shows count.

    A bundle with an image branch was trained on faces and needs no expert; any other one is
    joined by the expert of the settings, where they name one.

    Args:
        bundle: the fused model.
        params: names the expert.

    Raises:
        ModelError: the expert cannot be loaded.
    """

    def __init__(self, bundle: Bundle, params: FaceParams) -> None:
        self._params = params
        self._processor = bundle.image_processor
        self._labels = bundle.labels
        self._detect = bundle.model.config.detect_face if self._processor else params.detect
        learnt = bundle.info.get("face")
        self._expert = None if self._processor else FaceExpert.load(params, learnt)

    def of(self, bundle: Bundle) -> "Eyes":
        """The same eyes for another bundle on the same weights; it may trust them otherwise."""
        other = copy(self)
        if self._expert is not None:
            trust = trust_in(self._params, bundle.info.get("face"))
            other._expert = self._expert.trusted(trust)
        return other

    def look(self, image: bytes) -> Seen:
        """What the picture shows; nothing where there is nothing to see it with.

        Raises:
            PictureError: the picture cannot be read, or is over the bounds.
        """
        if self._processor is None and self._expert is None:
            return Seen()
        sight = see(image, detect=self._detect)
        if sight.crop is None:
            return Seen(sight.face)
        if self._expert is not None:
            shown = self._expert.read(sight.crop)
            return Seen(sight.face.model_copy(update={"distribution": shown}))
        pixels = self._processor([sight.crop], return_tensors="pt")["pixel_values"]  # type: ignore[misc]
        return Seen(sight.face, {"pixel_values": pixels})

    def join(
        self, shares: Shares, by_modality: dict[str, Shares], face: Face | None
    ) -> tuple[Shares, dict[str, Shares]]:
        """Let a face that the expert read count; without one, both are given back as they are."""
        if self._expert is None or face is None or not face.distribution:
            return shares, by_modality
        unsure = dict.fromkeys(self._labels, 1 / len(self._labels))
        alone = self._expert.join(unsure, face.distribution)
        joined = self._expert.join(shares or unsure, face.distribution)
        return joined, by_modality | {IMAGE: alone}
