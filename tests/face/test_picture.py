import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from pictures import encoded, noise
from PIL import Image

from undertone.face import picture
from undertone.face.picture import PictureError, read_picture


def png_claiming(width: int, height: int) -> bytes:
    """A PNG of a hundred bytes that says it is as large as this."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        code = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + code

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 1000)
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize("source", ["bytes", "file"])
def test_a_picture_is_read(tmp_path: Path, source: str) -> None:
    (tmp_path / "p.png").write_bytes(encoded(noise(0)))
    read = read_picture(encoded(noise(0)) if source == "bytes" else tmp_path / "p.png")
    assert np.array_equal(read, noise(0))


def test_grey_and_transparent_pictures_become_coloured() -> None:
    assert read_picture(encoded(noise(0)[..., 0])).shape == (300, 400, 3)
    see_through = np.dstack([noise(0), noise(1)[..., 0]])
    assert read_picture(encoded(see_through)).shape == (300, 400, 3)


def test_a_picture_taken_sideways_stands_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(noise(0)).save(tmp_path / "p.png", exif=exif)
    assert read_picture(tmp_path / "p.png").shape == (400, 300, 3)


@pytest.mark.parametrize("size", [(8_000, 6_000), (12_000, 12_000), (60_000, 60_000)])
def test_a_small_file_of_a_huge_picture_is_refused_before_it_unfolds(size: tuple[int, int]) -> None:
    with pytest.raises(PictureError, match="40 million pixels"):
        read_picture(png_claiming(*size))


def test_too_many_bytes_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture, "MAX_BYTES", 1000)
    (tmp_path / "p.png").write_bytes(encoded(noise(0)))
    with pytest.raises(PictureError, match=r"p\.png.*MB"):
        read_picture(tmp_path / "p.png")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no picture",
        encoded(noise(0))[:500],
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    ],
    ids=["empty", "words", "cut off", "PostScript"],
)
def test_what_is_no_whole_picture_is_refused(data: bytes) -> None:
    with pytest.raises(PictureError, match="image cannot be read"):
        read_picture(data)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match=r"none\.png"):
        read_picture(tmp_path / "none.png")
