"""Pictures with and without faces, and an ONNX graph that reads them."""

import io

import numpy as np
from PIL import Image
from skimage import data

from undertone.face.picture import Picture


def astronaut() -> Picture:
    """A smiling astronaut [512, 512, 3], face at about (225, 113)."""
    return np.asarray(data.astronaut())


def landscape() -> Picture:
    """Sky over hills over a field, with some grain."""
    rows, columns = np.mgrid[0:300, 0:400]
    hills = 150 + 30 * np.sin(columns / 40) + 12 * np.sin(columns / 13)
    picture = np.where((rows < hills)[..., None], [130, 170, 220], [60, 120, 50])
    grain = np.random.default_rng(0).normal(0, 8, picture.shape)
    return np.clip(picture + grain, 0, 255).astype(np.uint8)


def noise(seed: int) -> Picture:
    return np.random.default_rng(seed).integers(0, 256, (300, 400, 3), dtype=np.uint8)


def encoded(picture: Picture) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()
