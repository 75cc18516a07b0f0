"""Tensors too large for memory: a safetensors file that is laid out first and then filled."""

import json
import math
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

NAMES: dict[str, np.dtype[Any]] = {"F32": np.dtype("<f4"), "U8": np.dtype("u1")}

Shapes = Mapping[str, tuple[str, tuple[int, ...]]]


def lay_out(file: Path, shapes: Shapes) -> dict[str, npt.NDArray[Any]]:
    """Write a safetensors file of zeros, which takes room on the disk as it is filled.

    Args:
        file: to write.
        shapes: safetensors' name of the type, and shape, of each tensor; wider types first.

    Returns:
        The tensors, mapped: what is assigned to them stands in the file.
    """
    header, starts = {}, {}
    end = 0
    for name, (kind, shape) in shapes.items():
        starts[name], end = end, end + math.prod(shape) * NAMES[kind].itemsize
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": (starts[name], end)}
    told = json.dumps(header).encode()
    told += b" " * (-len(told) % 8)
    with file.open("wb") as out:
        out.write(struct.pack("<Q", len(told)) + told)
        begin = out.tell()
        out.truncate(begin + end)
    return {
        name: np.memmap(file, NAMES[kind], "r+", begin + starts[name], shape)
        for name, (kind, shape) in shapes.items()
    }
