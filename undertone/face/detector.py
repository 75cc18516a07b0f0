"""Where the faces of a picture are."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from undertone.face.picture import Picture

if TYPE_CHECKING:
    import cv2

CASCADE = "haarcascade_frontalface_alt2.xml"
LONGEST_SIDE = 480  # pixels, of the copy that is searched
SMALLEST_FACE = 0.08  # of the picture's shorter side
FEWEST_PIXELS = 24  # of a face's side in the copy; what the cascade was trained on has 20
GROWTH = 1.1
NEIGHBOURS = 5
MARGIN = 0.1  # of a box's side, added on each side of the crop


@dataclass(frozen=True)
class FaceBox:
    """A face: its box in pixels, and how sure the cascade is; more is surer, without an end."""

    left: int
    top: int
    width: int
    height: int
    score: float


def find_faces(picture: Picture) -> list[FaceBox]:
    """Frontal faces of a picture [height, width, 3], the largest first.

    The boosted cascade of Viola & Jones 2001, "Rapid Object Detection using a Boosted Cascade of
    Simple Features", with the weights that come with OpenCV.
    """
    import cv2

    scale = min(1.0, LONGEST_SIDE / max(picture.shape[:2]))
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    if scale < 1:
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    least = max(FEWEST_PIXELS, round(SMALLEST_FACE * min(grey.shape)))
    if min(grey.shape) < least:
        return []
    boxes, _, scores = _cascade().detectMultiScale3(
        grey, GROWTH, NEIGHBOURS, minSize=(least, least), outputRejectLevels=True
    )
    found = [_box(box, float(score), scale) for box, score in zip(boxes, scores, strict=True)]
    return sorted(found, key=lambda box: (-box.width * box.height, box.left, box.top))


def crop(picture: Picture, box: FaceBox) -> Picture:
    """The face in a box, with a little of what is around it, as far as the picture goes."""
    margin = round(MARGIN * box.width)
    top, left = max(0, box.top - margin), max(0, box.left - margin)
    bottom, right = box.top + box.height + margin, box.left + box.width + margin
    return np.ascontiguousarray(picture[top:bottom, left:right])


@lru_cache(maxsize=1)
def _cascade() -> "cv2.CascadeClassifier":
    import cv2

    return cv2.CascadeClassifier(str(Path(cv2.__file__).parent / "data" / CASCADE))


def _box(box: Sequence[int], score: float, scale: float) -> FaceBox:
    left, top, width, height = (round(int(value) / scale) for value in box)
    return FaceBox(left, top, width, height, score)
