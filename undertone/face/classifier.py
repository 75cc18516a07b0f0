"""Pretrained classifiers of facial expressions."""

from pathlib import Path
from typing import Protocol

from undertone.errors import ModelError
from undertone.face.graph import OnnxClassifier
from undertone.face.picture import Picture
from undertone.face.vocabulary import in_our_words, our_words


class FaceClassifier(Protocol):
    """Tells the emotion that a face shows."""

    def __call__(self, face: Picture) -> dict[str, float]:
        """A distribution over those of our emotions that it tells apart."""
        ...


def load_classifier(folder: Path) -> FaceClassifier:
    """Load the face classifier of a folder.

    One with an `.onnx` file is run by ONNX Runtime; any other must be an image classification
    model of transformers, in safetensors.

    Raises:
        ModelError: it is broken, in pickle, or tells no emotions.
    """
    graphs = sorted(folder.glob("*.onnx"))
    if len(graphs) > 1:
        raise ModelError(f"{folder} holds {len(graphs)} ONNX graphs. Leave the one to use.")
    return OnnxClassifier(graphs[0]) if graphs else TransformersClassifier(folder)


class TransformersClassifier:
    """Any `AutoModelForImageClassification` whose classes are emotions.

    Raises:
        ModelError: the folder holds no such model in safetensors.
    """

    def __init__(self, folder: Path) -> None:
        from transformers import AutoImageProcessor, AutoModelForImageClassification

        from undertone.bundle import quiet

        try:
            with quiet():
                self._processor = AutoImageProcessor.from_pretrained(folder, local_files_only=True)
                self._model = AutoModelForImageClassification.from_pretrained(
                    folder, local_files_only=True, use_safetensors=True
                ).eval()
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(
                f"{folder} holds neither an ONNX graph nor an image classification model of "
                f"transformers in safetensors: {error}"
            ) from error
        labels = [name for _, name in sorted(self._model.config.id2label.items())]
        self._emotions = our_words(labels)

    def __call__(self, face: Picture) -> dict[str, float]:
        """A distribution over our emotions."""
        import torch

        with torch.inference_mode():
            pixels = self._processor([face], return_tensors="pt")["pixel_values"]
            shares = self._model(pixel_values=pixels).logits[0].float().softmax(-1)
        return in_our_words(shares.tolist(), self._emotions)
