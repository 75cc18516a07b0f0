"""The binary frames of a stream, each checked before it is heard."""

import struct

from serving.refusal import RefusedError
from serving.streaming.messages import FRAME_MS, SAMPLE_BYTES, SEQUENCE_BYTES

SEQUENCE = struct.Struct("<I")


class Frames:
    """Takes the frames of one stream in their order.

    Args:
        sample_rate: of their samples, in Hz.
        max_seconds: that all of them may hold.
    """

    def __init__(self, sample_rate: int, max_seconds: float) -> None:
        self._rate = sample_rate
        self._max_seconds = max_seconds
        self._shortest, self._longest = (sample_rate * ms // 1000 for ms in FRAME_MS)
        self._due = 0
        self._samples = 0
        self._short = False

    @property
    def seconds(self) -> float:
        """Audio so far."""
        return self._samples / self._rate

    def take(self, frame: bytes) -> bytes:
        """The samples of the next frame.

        Raises:
            RefusedError: it is out of order, no whole number of samples, too long, too short
                though not the last, or one more than a stream may have.
        """
        pcm = frame[SEQUENCE_BYTES:]
        self._require_whole(frame, pcm)
        self._require_due(SEQUENCE.unpack_from(frame)[0])
        count = len(pcm) // SAMPLE_BYTES
        self._require_bounds(count)
        self._due += 1
        self._samples += count
        self._short = count < self._shortest
        return pcm

    def _require_whole(self, frame: bytes, pcm: bytes) -> None:
        if len(frame) < SEQUENCE_BYTES or len(pcm) % SAMPLE_BYTES:
            raise RefusedError(
                422,
                f"Frame {self._due} has {len(frame)} bytes.",
                "Send 4 bytes of number, little-endian, and 2 bytes for each sample.",
            )

    def _require_due(self, number: int) -> None:
        if number != self._due:
            raise RefusedError(
                400,
                f"Frame {number} came where {self._due} was due.",
                "Number the frames from 0, and send each once, in order.",
            )

    def _require_bounds(self, count: int) -> None:
        low, high = FRAME_MS
        if count > self._longest:
            raise RefusedError(
                413, f"Frame {self._due} holds more than {high} ms.", f"Send {low} to {high} ms."
            )
        if self._short or not count:
            raise RefusedError(422, f"Only the last frame may hold less than {low} ms.")
        if self._samples + count > self._max_seconds * self._rate:
            raise RefusedError(
                413,
                f"A stream may have at most {self._max_seconds:g} seconds (streaming.max_seconds).",
                "Open another one.",
            )
