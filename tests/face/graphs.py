"""A tiny ONNX graph, written by hand: the mean brightness of a picture to scores of classes."""

import struct
from collections.abc import Sequence

FLOAT, OPSET, IR = 1, 13, 8


def varint(value: int) -> bytes:
    parts = []
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    return bytes([*parts, value])


def field(number: int, value: int | str | bytes) -> bytes:
    """One field of a Protocol Buffers message."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    body = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(body)) + body


def tensor(name: str, shape: Sequence[int], values: Sequence[float]) -> bytes:
    dims = b"".join(field(1, side) for side in shape)
    data = struct.pack(f"<{len(values)}f", *values)
    return dims + field(2, FLOAT) + field(8, name) + field(9, data)


def port(name: str, shape: Sequence[int | str]) -> bytes:
    sides = b"".join(
        field(1, field(1, side) if isinstance(side, int) else field(2, side)) for side in shape
    )
    return field(1, name) + field(2, field(1, field(1, FLOAT) + field(2, sides)))


def node(kind: str, given: Sequence[str], told: str) -> bytes:
    return b"".join(field(1, name) for name in given) + field(2, told) + field(4, kind)


def graph(weights: Sequence[float], shape: Sequence[int | str] = ("n", 1, 8, 8)) -> bytes:
    """ONNX whose class k scores `weights[k]` times the mean pixel."""
    size = len(weights)
    parts = [
        field(1, node("ReduceMean", ["picture"], "mean")),
        field(1, node("Reshape", ["mean", "one"], "row")),
        field(1, node("MatMul", ["row", "weights"], "scores")),
        field(2, "tiny"),
        field(5, tensor("weights", [1, size], weights)),
        field(5, field(1, 2) + field(2, 7) + field(8, "one") + field(9, struct.pack("<2q", 1, 1))),
        field(11, port("picture", shape)),
        field(12, port("scores", ["n", size])),
    ]
    return field(1, IR) + field(7, b"".join(parts)) + field(8, field(1, "") + field(2, OPSET))
