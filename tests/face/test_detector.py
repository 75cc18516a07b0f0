import numpy as np
import pytest
from pictures import astronaut, landscape, noise

from undertone.face.detector import crop, find_faces


def test_a_face_is_found_where_it_is() -> None:
    (face,) = find_faces(astronaut())
    assert face.left < 225 < face.left + face.width
    assert face.top < 113 < face.top + face.height
    assert 60 < face.width < 160
    assert face.score > 0


@pytest.mark.parametrize("seed", range(4))
def test_noise_has_no_face(seed: int) -> None:
    assert find_faces(noise(seed)) == []


@pytest.mark.parametrize("side", [1, 10, 60])
def test_nothing_is_found_in_a_landscape_or_a_speck(side: int) -> None:
    assert find_faces(landscape()) == []
    assert find_faces(landscape()[:side, :side]) == []


def test_the_largest_of_two_faces_comes_first_whatever_the_size_of_the_picture() -> None:
    near = np.kron(astronaut()[20:220, 120:320], np.ones((4, 4, 1), np.uint8))
    far = np.kron(astronaut()[20:220, 120:320], np.ones((2, 2, 1), np.uint8))
    far = np.pad(far, ((0, 400), (0, 0), (0, 0)))
    first, second = find_faces(np.concatenate([far, near], axis=1))
    assert first.width > 1.5 * second.width
    assert second.left < 400 < first.left


def test_a_crop_stops_at_the_edge_of_the_picture() -> None:
    (face,) = find_faces(astronaut())
    cut = astronaut()[face.top : face.top + face.height, face.left : face.left + face.width]
    (again,) = find_faces(np.pad(cut, ((0, 40), (0, 40), (0, 0)), mode="edge")) or [face]
    assert min(crop(cut, again).shape[:2]) > 0
    height, width, _ = crop(astronaut(), face).shape
    assert height == width == face.width + 2 * round(0.1 * face.width)
