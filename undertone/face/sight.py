"""A picture of the speaker as everything after it takes it: the largest face, cut out."""

from dataclasses import dataclass
from pathlib import Path

from undertone.face.detector import crop, find_faces
from undertone.face.picture import Picture, read_picture
from undertone.prediction import Face


@dataclass(frozen=True)
class Sight:
    """What was seen, and the face itself [height, width, 3] where there is one."""

    face: Face
    crop: Picture | None


def see(image: bytes | Path, *, detect: bool) -> Sight:
    """Read a picture and find the largest face in it.

    Args:
        image: a file or its bytes.
        detect: whether a face is looked for; without it the whole picture counts as one.

    Raises:
        PictureError: the picture cannot be read, or is over the bounds.
    """
    picture = read_picture(image)
    if not detect:
        return Sight(Face(found=True, count=1), picture)
    faces = find_faces(picture)
    if not faces:
        return Sight(Face(found=False), None)
    box = faces[0]
    place = (box.left, box.top, box.width, box.height)
    face = Face(found=True, count=len(faces), box=place, score=box.score)
    return Sight(face, crop(picture, box))
