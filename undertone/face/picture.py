"""Pictures from outside, bounded before anything is decoded."""

import io
import warnings
from pathlib import Path

import numpy as np
import numpy.typing as npt

from undertone.errors import UndertoneError
from undertone.shards.members import contents

MAX_BYTES = 20_000_000
MAX_PIXELS = 40_000_000
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "TIFF", "WEBP")

Picture = npt.NDArray[np.uint8]


class PictureError(UndertoneError):
    """One picture cannot be used: unreadable, or over the bounds."""


def read_picture(image: bytes | Path) -> Picture:
    """Decode a picture, upright.

    Its size is read from its head, so that a small file that would unfold into a huge picture is
    refused before it does.

    Args:
        image: a file, or its bytes: BMP, GIF (its first frame), JPEG, PNG, TIFF or WEBP.

    Returns:
        Red, green and blue [height, width, 3].

    Raises:
        PictureError: it is none of these, broken, or over 20 MB or 40 million pixels.
    """
    name = f" {image}" if isinstance(image, Path) else ""
    try:
        return _decoded(_bytes(image))
    except PictureError as error:
        raise PictureError(f"The image{name} cannot be read: {error}") from error


def _bytes(image: bytes | Path) -> bytes:
    if isinstance(image, bytes):
        data = image
    else:
        try:
            data = contents(image, MAX_BYTES + 1)
        except OSError as error:
            raise PictureError(error.strerror or "the file does not open") from error
    if len(data) > MAX_BYTES:
        raise PictureError(f"it has more than {MAX_BYTES / 1e6:g} MB. Send a smaller one.")
    return data


def _decoded(data: bytes) -> Picture:
    from PIL import Image, ImageOps

    bombs = (Image.DecompressionBombError, Image.DecompressionBombWarning)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            opened = Image.open(io.BytesIO(data), formats=FORMATS)
        with opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise PictureError(_too_large())
            return np.asarray(ImageOps.exif_transpose(opened).convert("RGB"))
    except bombs as error:
        raise PictureError(_too_large()) from error
    except (OSError, ValueError, SyntaxError) as error:
        raise PictureError(f"it is no whole {', '.join(FORMATS)} picture.") from error


def _too_large() -> str:
    return f"it has more than {MAX_PIXELS / 1e6:g} million pixels. Send a smaller one."
