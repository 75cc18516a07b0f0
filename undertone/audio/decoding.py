"""Any audio file to 16 kHz mono, refusing what is too large before it is unpacked."""

import io
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from undertone.audio.recording import SAMPLE_RATE, Recording, Samples
from undertone.config import AudioParams
from undertone.errors import AudioError
from undertone.shards.members import contents

if TYPE_CHECKING:
    import av
    from av.audio.stream import AudioStream
    from av.container import InputContainer

# Playlists and scripts, which name other files and addresses, are not among them.
CONTAINERS = (
    "aac,aiff,amr,asf,au,avi,caf,flac,mp3,ogg,w64,wav,mov,mp4,m4a,3gp,3g2,mj2,matroska,webm"
)
# One packet is enough to tell a codec; by default a WAV is probed for 25 ms to find DTS inside.
OPEN_OPTIONS = {"format_whitelist": CONTAINERS, "max_probe_packets": "1"}
MISSING_SECONDS = 0.05
# A small file of tiny frames would cost minutes: the work is by frame.
SAMPLES_IN_FRAME = 32
FIRST_FRAMES = 1000
STREAMED_RIFF_BYTES = 0x7FFF_0000
OGG_LAST_PAGE = 0x04
OGG_PAGE_BYTES = 65_307  # at most
BLOCK_SECONDS = 10


def decode(source: Path | bytes, params: AudioParams) -> Recording:
    """Decode a recording, mix it down and resample it.

    Bytes, channels, sample rate and the duration that the header claims are checked before the
    audio is unpacked; the duration again while it is, as headers lie.

    Args:
        source: a file, or the bytes of one, in any format that FFmpeg decodes.
        params: the bounds.

    Raises:
        AudioError: the file is missing, empty, over a bound, truncated, corrupt or no audio.
    """
    decoding = Decoding(io.BytesIO(_read(source, params.max_bytes)), params)
    samples = np.concatenate(list(decoding))
    return Recording(samples, decoding.sample_rate, decoding.channels)


class Decoding:
    """A recording decoded block by block, of which one at a time is in memory.

    Args:
        file: of any format that FFmpeg decodes.
        params: the bounds, as for `decode`.

    Attributes:
        claimed_s: how long its header says that it is, in seconds; 0 where it does not say.
        sample_rate: of the source, in Hz.
        channels: of the source.

    Raises:
        AudioError: the file is empty, over a bound or no audio.
    """

    def __init__(self, file: BinaryIO, params: AudioParams) -> None:
        import av

        _require_whole(file)
        self._most = params.max_seconds
        with _refusing():
            self._container = av.open(file, "r", options=OPEN_OPTIONS)
            self._stream = _bounded_stream(self._container, params)
        self.sample_rate, self.channels = _layout(self._stream)
        self.claimed_s = _claimed_seconds(self._container, self._stream)

    def __iter__(self) -> Iterator[Samples]:
        """Yield the samples: float32 [time], 16 kHz mono, some ten seconds at a time.

        Raises:
            AudioError: the file is over a bound, truncated or corrupt.
        """
        with _refusing(), closing(self._container):
            yield from _at_16_khz(self._blocks(), self.sample_rate)

    def _blocks(self) -> Iterator[Samples]:
        """Mono at the rate of the source."""
        import av

        # Interleaved: PyAV 18 crashes on the planes of a frame with eight channels.
        to_float = av.AudioResampler(format="flt", rate=self.sample_rate)
        parts: list[Samples] = []
        decoded = collected = 0
        for frame in chain(self._frames(), [None]):
            for piece in to_float.resample(frame):
                parts.append(piece.to_ndarray().reshape(-1, self.channels).mean(axis=1))
                collected += len(parts[-1])
            if collected >= BLOCK_SECONDS * self.sample_rate:
                yield _finite(parts)
                decoded, collected, parts = decoded + collected, 0, []
        _require_complete((decoded + collected) / self.sample_rate, self.claimed_s)
        yield _finite(parts)

    def _frames(self) -> "Iterator[av.AudioFrame]":
        samples = 0
        for count, frame in enumerate(self._container.decode(self._stream), start=1):
            samples += frame.samples
            _require_short(samples / self.sample_rate, self._most)
            if samples < SAMPLES_IN_FRAME * (count - FIRST_FRAMES):
                raise AudioError("The audio is corrupt: it is cut into frames of a few samples.")
            yield frame


@contextmanager
def _refusing() -> Iterator[None]:
    import av

    try:
        yield
    except (av.FFmpegError, ValueError) as error:
        raise AudioError(
            "This is not audio that can be decoded, or it is corrupt or cut off."
        ) from error


def _read(source: Path | bytes, max_bytes: int) -> bytes:
    data = _read_file(source, max_bytes + 1) if isinstance(source, Path) else source
    if not data:
        raise AudioError("The audio file is empty (0 bytes).")
    if len(data) > max_bytes:
        raise AudioError(f"The audio has more than {max_bytes:,} bytes (audio.max_bytes).")
    return data


def _read_file(path: Path, most: int) -> bytes:
    try:
        return contents(path, most)
    except OSError as error:
        raise AudioError(f"{path} cannot be read: {error.strerror}.") from error


def _require_whole(file: BinaryIO) -> None:
    """Catch the cut-off files that FFmpeg reads as shorter ones, by what their container says."""
    length = file.seek(0, io.SEEK_END)
    file.seek(0)
    head = file.read(8)
    if head[:4] == b"RIFF":
        size = int.from_bytes(head[4:8], "little")
        cut_off = 0 < size < STREAMED_RIFF_BYTES and size + 8 > length
    elif head[:4] == b"OggS":
        file.seek(max(0, length - OGG_PAGE_BYTES))
        tail = file.read()
        flags = tail[tail.rfind(b"OggS") :][5:6]
        cut_off = not flags or not flags[0] & OGG_LAST_PAGE
    else:
        cut_off = False
    file.seek(0)
    if cut_off:
        raise AudioError("The audio is truncated: the file ends before its container does.")


def _bounded_stream(container: "InputContainer", params: AudioParams) -> "AudioStream":
    streams = [stream for stream in container.streams.audio if stream.codec_context]
    if not streams:
        raise AudioError("The file holds no audio stream that can be decoded.")
    stream = streams[0]
    rate, channels = _layout(stream)
    if channels > params.max_channels:
        raise AudioError(
            f"The audio has {channels} channels, at most {params.max_channels} are taken "
            "(audio.max_channels)."
        )
    if not params.min_sample_rate <= rate <= params.max_sample_rate:
        raise AudioError(
            f"The audio has a sample rate of {rate} Hz, taken are {params.min_sample_rate} to "
            f"{params.max_sample_rate} (audio.min_sample_rate, audio.max_sample_rate)."
        )
    _require_short(_claimed_seconds(container, stream), params.max_seconds)
    return stream


def _layout(stream: "AudioStream") -> tuple[int, int]:
    return stream.sample_rate, stream.channels


def _claimed_seconds(container: "InputContainer", stream: "AudioStream") -> float:
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    return (container.duration or 0) / 1_000_000


def _require_short(seconds: float, most: float) -> None:
    if seconds > most:
        raise AudioError(f"The audio is too long: more than {most:g} seconds (audio.max_seconds).")


def _require_complete(decoded: float, claimed: float) -> None:
    if decoded == 0:
        raise AudioError("The audio is empty: it holds no samples.")
    if claimed - decoded > MISSING_SECONDS:
        raise AudioError(
            f"The audio is truncated or corrupt: {claimed:.2f} s are announced, "
            f"{decoded:.2f} s can be decoded."
        )


def _finite(parts: list[Samples]) -> Samples:
    block = np.concatenate([*parts, np.zeros(0, np.float32)])
    if not np.isfinite(block).all():
        raise AudioError("The audio is corrupt: some samples are not finite numbers.")
    return block


def _at_16_khz(blocks: Iterator[Samples], rate: int) -> Iterator[Samples]:
    """The same samples as if the blocks had come in one piece."""
    import soxr

    resampler = soxr.ResampleStream(rate, SAMPLE_RATE, 1, dtype="float32")
    for block in blocks:
        yield _within(block if rate == SAMPLE_RATE else resampler.resample_chunk(block))
    yield _within(resampler.resample_chunk(np.zeros(0, np.float32), last=True))


def _within(samples: Samples) -> Samples:
    return np.asarray(samples.clip(-1, 1), np.float32)
