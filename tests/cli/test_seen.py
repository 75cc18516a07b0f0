import pytest

from cli.predict import _seen
from undertone.prediction import Face

SMILE = {"anger": 0.06, "happiness": 0.94}


@pytest.mark.parametrize(
    ("face", "said"),
    [
        (None, "no model that looks at faces"),
        (Face(found=False), "no face was found, so it changed nothing"),
        (Face(found=True, count=1, distribution=SMILE), "the face shows happiness (94%)"),
        (Face(found=True, count=3, distribution=SMILE), "largest of 3 faces shows happiness"),
        (Face(found=True, count=1), "image: the face"),
    ],
)
def test_what_was_seen_is_told(face: Face | None, said: str) -> None:
    assert said in _seen(face)
