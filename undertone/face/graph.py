"""Face classifiers that come as an ONNX graph. A graph is data: it can name no code to run."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from undertone.calibration import softmax
from undertone.errors import ModelError
from undertone.face.picture import Picture
from undertone.face.vocabulary import FER2013, in_our_words, our_words

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

MAX_GRAPH_BYTES = 1_000_000_000
CHANNELS = (1, 3)  # grey; red, green and blue

Array = npt.NDArray[np.float32]


class OnnxClassifier:
    """A graph whose one input is a batch of pictures, and whose first output is their classes.

    Size, channels and the place of these are read from the graph. `config.json` beside it tells
    the classes (`id2label`) and `preprocessor_config.json` what to standardise by (`image_mean`,
    `image_std`, of pixels from 0 to 1). Without them it is taken for a model of FER2013: seven
    classes in the order of that data, and pixels from -1 to 1.

    Raises:
        ModelError: the graph is too large, broken or of another shape, or its classes are unknown.
    """

    def __init__(self, graph: Path) -> None:
        self._session = _session(graph)
        (given, *others), told = self._session.get_inputs(), self._session.get_outputs()[0]
        if others or len(told.shape) != 2:
            raise ModelError(f"{graph} is no classifier of pictures: one in, their classes out.")
        self._input = given.name
        self._layout = Layout.of(given.shape, graph)
        self._emotions = our_words(_labels(graph, told.shape[1]))
        self._mean, self._deviation = _standardisation(graph.parent)

    def __call__(self, face: Picture) -> dict[str, float]:
        """A distribution over our emotions."""
        pixels = (self._layout.fit(face) / 255 - self._mean) / self._deviation
        batch = self._layout.arrange(pixels.astype(np.float32))
        scores = self._session.run(None, {self._input: batch})[0][0]
        return in_our_words(_shares(scores), self._emotions)


@dataclass(frozen=True)
class Layout:
    """How a graph takes a picture; `channels_first` tells [B, C, H, W] from [B, H, W, C]."""

    height: int
    width: int
    channels: int
    channels_first: bool

    @classmethod
    def of(cls, shape: Sequence[Any], graph: Path) -> "Layout":
        """The layout of an input of four dimensions.

        Raises:
            ModelError: the shape is no picture's, or leaves the size open.
        """
        sides = list(shape[1:])
        if len(shape) == 4 and all(isinstance(side, int) for side in sides):
            for first, (channels, height, width) in (
                (True, sides),
                (False, [sides[2], *sides[:2]]),
            ):
                if channels in CHANNELS:
                    return cls(height, width, channels, first)
        raise ModelError(f"{graph} takes {shape}, not pictures of a fixed size, grey or coloured.")

    def fit(self, picture: Picture) -> Picture:
        """A picture [height, width, 3] at the graph's size and channels [H, W, C]."""
        import cv2

        values = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) if self.channels == 1 else picture
        size = (self.width, self.height)
        resized = cv2.resize(values, size, interpolation=cv2.INTER_AREA)
        return np.asarray(resized, np.uint8).reshape(self.height, self.width, self.channels)

    def arrange(self, pixels: Array) -> Array:
        """One picture [H, W, C] as a batch in the graph's order."""
        return (pixels.transpose(2, 0, 1) if self.channels_first else pixels)[None]


def _session(graph: Path) -> "InferenceSession":
    import onnxruntime

    if graph.stat().st_size > MAX_GRAPH_BYTES:
        raise ModelError(f"{graph} has more than {MAX_GRAPH_BYTES / 1e9:g} GB.")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    try:
        return onnxruntime.InferenceSession(
            graph.read_bytes(), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # its errors share no base but this
        raise ModelError(f"{graph} is no whole ONNX graph: {error}") from error


def _labels(graph: Path, classes: int) -> Sequence[str]:
    names = _read(graph.parent / "config.json").get("id2label")
    labels = [names[key] for key in sorted(names, key=int)] if names else FER2013
    if len(labels) != classes:
        raise ModelError(
            f"{graph} tells {classes} classes, of which {len(labels)} have names. Put a "
            "config.json with id2label beside it."
        )
    return labels


def _standardisation(folder: Path) -> tuple[Array, Array]:
    values = _read(folder / "preprocessor_config.json")
    mean, deviation = (values.get(name, [0.5]) for name in ("image_mean", "image_std"))
    return np.asarray(mean, np.float32), np.asarray(deviation, np.float32)


def _read(file: Path) -> dict[str, Any]:
    try:
        values: dict[str, Any] = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    except ValueError as error:
        raise ModelError(f"{file} is not JSON: {error}") from error
    return values


def _shares(scores: Array) -> list[float]:
    """Probabilities as they are, logits through a softmax."""
    told = bool((scores >= 0).all() and abs(float(scores.sum()) - 1) < 1e-3)
    shares: list[float] = (scores if told else softmax(scores)).tolist()
    return shares
