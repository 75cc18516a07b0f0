"""Any audio file to 16 kHz mono, refusing what is too large before it is unpacked."""

import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from undertone.audio.recording import SAMPLE_RATE, Recording, Samples
from undertone.config import AudioParams
from undertone.errors import AudioError

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
    import av

    data = _read(source, params.max_bytes)
    _require_whole(data)
    try:
        with av.open(io.BytesIO(data), "r", options=OPEN_OPTIONS) as container:
            stream = _bounded_stream(container, params)
            mono = _mono(stream, _pieces(container, stream, params.max_seconds))
            _require_complete(len(mono) / stream.sample_rate, _claimed_seconds(container, stream))
            return Recording(_resampled(mono, stream.sample_rate), *_layout(stream))
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
        with path.open("rb") as file:
            return file.read(most)
    except OSError as error:
        raise AudioError(f"{path} cannot be read: {error.strerror}.") from error


def _require_whole(data: bytes) -> None:
    """Catch the cut-off files that FFmpeg reads as shorter ones, by what their container says."""
    if data[:4] == b"RIFF":
        size = int.from_bytes(data[4:8], "little")
        cut_off = 0 < size < STREAMED_RIFF_BYTES and size + 8 > len(data)
    elif data[:4] == b"OggS":
        flags = data[data.rfind(b"OggS") :][5:6]
        cut_off = not flags or not flags[0] & OGG_LAST_PAGE
    else:
        cut_off = False
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


def _pieces(
    container: "InputContainer", stream: "AudioStream", max_seconds: float
) -> "list[av.AudioFrame]":
    pieces, count = [], 0
    for frame in container.decode(stream):
        count += frame.samples
        _require_short(count / stream.sample_rate, max_seconds)
        pieces.append(frame)
        if count < SAMPLES_IN_FRAME * (len(pieces) - FIRST_FRAMES):
            raise AudioError("The audio is corrupt: it is cut into frames of a few samples.")
    return pieces


def _mono(stream: "AudioStream", frames: "list[av.AudioFrame]") -> Samples:
    import av

    # Interleaved: PyAV 18 crashes on the planes of a frame with eight channels.
    to_float = av.AudioResampler(format="flt", rate=stream.sample_rate)
    parts = [
        piece.to_ndarray().reshape(-1, stream.channels).mean(axis=1)
        for frame in [*frames, None]
        for piece in to_float.resample(frame)
    ]
    mono: Samples = np.concatenate(parts) if parts else np.zeros(0, np.float32)
    if not np.isfinite(mono).all():
        raise AudioError("The audio is corrupt: some samples are not finite numbers.")
    return mono


def _resampled(mono: Samples, rate: int) -> Samples:
    import soxr

    if rate != SAMPLE_RATE:
        mono = soxr.resample(mono, rate, SAMPLE_RATE)
    return np.asarray(mono.clip(-1, 1), np.float32)
