import io
import struct
from contextlib import suppress
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
import soxr
from hypothesis import given
from hypothesis import strategies as st
from sounds import file_of, voice

from undertone.audio import SAMPLE_RATE, Recording, check, decode, from_pcm16, to_pcm16
from undertone.audio.decoding import Decoding
from undertone.config import AudioParams
from undertone.errors import AudioError

PARAMS = AudioParams()


@pytest.mark.parametrize("container", ["WAV", "FLAC", "AIFF", "CAF", "W64", "AU", "OGG", "MP3"])
@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000])
def test_formats_and_rates_come_out_at_16_khz(container: str, rate: int) -> None:
    if (container, rate) == ("MP3", 8_000):
        rate = 24_000
    recording = decode(file_of(voice(0.8, rate), rate, container), PARAMS)
    assert recording.samples.dtype == np.float32
    assert recording.seconds == pytest.approx(0.8, abs=0.05)
    assert (recording.sample_rate, recording.channels) == (rate, 1)


def test_pcm16_at_16_khz_comes_back_unchanged() -> None:
    pcm = to_pcm16(voice().astype(np.float32))
    assert np.array_equal(to_pcm16(decode(file_of(pcm), PARAMS).samples), pcm)
    assert np.array_equal(to_pcm16(from_pcm16(pcm).samples), pcm)


def test_equal_channels_mix_down_to_themselves() -> None:
    mono = voice(0.5)
    stereo = decode(file_of(np.stack([mono, mono], axis=1)), PARAMS)
    assert stereo.channels == 2
    assert np.allclose(stereo.samples, decode(file_of(mono), PARAMS).samples, atol=1e-6)


def test_resampling_keeps_a_tone() -> None:
    time = np.arange(48_000) / 48_000
    recording = decode(file_of(0.5 * np.sin(2 * np.pi * 1000 * time), 48_000), PARAMS)
    spectrum = np.abs(np.fft.rfft(recording.samples))
    assert int(spectrum.argmax()) == 1000
    assert np.abs(recording.samples[1000:-1000]).max() == pytest.approx(0.5, abs=0.01)


def test_blocks_are_what_one_piece_would_have_been() -> None:
    data = file_of(np.random.default_rng(1).normal(0, 0.1, 25 * 44_100), 44_100)
    stored, rate = soundfile.read(io.BytesIO(data), dtype="float32")
    whole = soxr.resample(stored, rate, SAMPLE_RATE)
    blocks = list(Decoding(io.BytesIO(data), PARAMS))
    assert max(map(len, blocks)) < 11 * SAMPLE_RATE
    assert np.array_equal(np.concatenate(blocks), whole)
    assert np.array_equal(decode(data, PARAMS).samples, whole)


def test_video_containers_give_their_sound() -> None:
    recording = decode(_matroska(), PARAMS)
    assert recording.seconds == pytest.approx(1.0, abs=0.05)


def _matroska() -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="matroska") as container:
        stream = container.add_stream("pcm_s16le", rate=SAMPLE_RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(
            to_pcm16(voice().astype(np.float32))[None], format="s16", layout="mono"
        )
        frame.sample_rate = SAMPLE_RATE
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    return buffer.getvalue()


def _cut(data: bytes) -> bytes:
    return data[: len(data) * 2 // 3]


def _hole(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes(2000) + data[middle + 2000 :]


def _wide(channels: int) -> bytes:
    return file_of(np.tile(voice()[:, None], channels))


PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1:9/a.ts\n"
NOISE = np.random.default_rng(0).normal(0, 0.1, 3 * SAMPLE_RATE)

ZOO = {
    "empty": (b"", "empty"),
    "header alone": (file_of(np.zeros(0)), "no samples"),
    "text": (b"this is a letter, not a recording " * 200, "not audio"),
    "zeros": (bytes(10_000), "not audio"),
    "playlist": (PLAYLIST, "not audio"),
    "magic alone": (b"RIFF\x10\x00\x00\x00WAVEfmt ", "truncated|not audio"),
    "truncated wav": (_cut(file_of(voice())), "truncated"),
    "truncated flac": (_cut(file_of(NOISE, container="FLAC")), "truncated|corrupt"),
    "truncated mp3": (_cut(file_of(NOISE, container="MP3")), "truncated|corrupt"),
    "truncated ogg": (_cut(file_of(NOISE, container="OGG")), "truncated"),
    "truncated au": (_cut(file_of(NOISE, container="AU")), "truncated"),
    "corrupt flac": (_hole(file_of(NOISE, container="FLAC")), "corrupt"),
    "corrupt ogg": (_hole(file_of(NOISE, container="OGG")), "corrupt"),
    "not finite": (file_of(np.full(9000, np.nan), subtype="FLOAT"), "not finite"),
    "8 channels": (_wide(8), "8 channels"),
    "192 kHz": (file_of(voice(0.5, 192_000), 192_000), "192000 Hz"),
    "4 kHz": (file_of(voice(0.5, 4_000), 4_000), "4000 Hz"),
}


@pytest.mark.parametrize("name", ZOO)
def test_bad_files_are_refused_with_the_reason(name: str) -> None:
    data, reason = ZOO[name]
    with pytest.raises(AudioError, match=reason):
        decode(data, PARAMS)


def test_bounds_come_from_the_parameters() -> None:
    data = file_of(voice(2.0))
    with pytest.raises(AudioError, match="too long"):
        decode(data, AudioParams(max_seconds=1.5))
    with pytest.raises(AudioError, match="more than 1,000 bytes"):
        decode(data, AudioParams(max_bytes=1_000))
    assert decode(_wide(8), AudioParams(max_channels=8)).channels == 8


def test_a_header_that_lies_about_the_length_does_not_get_through() -> None:
    data = bytearray(file_of(NOISE, container="FLAC"))
    data[21:26] = bytes([data[21] & 0xF0, *struct.pack(">I", SAMPLE_RATE)])  # one second
    with pytest.raises(AudioError, match="too long"):
        decode(bytes(data), AudioParams(max_seconds=2.0))


def test_a_file_of_tiny_frames_is_not_worked_through() -> None:
    data = bytearray(file_of(NOISE, container="CAF"))
    data[40:44] = (77).to_bytes(4, "big")  # samples in a packet of two bytes
    with pytest.raises(AudioError, match="frames of a few samples"):
        decode(bytes(data), PARAMS)


def test_a_stream_without_a_decoder_is_refused() -> None:
    data = bytearray(file_of(NOISE, container="CAF"))
    data[28:32] = b"none"
    with pytest.raises(AudioError, match="can be decoded"):
        decode(bytes(data), PARAMS)


def test_a_streamed_wav_without_its_size_is_read(tmp_path: Path) -> None:
    data = bytearray(file_of(voice()))
    data[4:8] = data[40:44] = b"\xff\xff\xff\xff"
    path = tmp_path / "streamed.wav"
    path.write_bytes(data)
    assert decode(path, PARAMS).seconds == pytest.approx(1.0)


def test_paths_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="No such file"):
        decode(tmp_path / "none.wav", PARAMS)
    with pytest.raises(AudioError, match="directory"):
        decode(tmp_path, PARAMS)


@given(
    st.binary(min_size=1, max_size=400), st.sampled_from([b"", b"RIFF", b"fLaC", b"OggS", b"ID3"])
)
def test_no_bytes_raise_anything_but_an_audio_error(data: bytes, magic: bytes) -> None:
    with suppress(AudioError):
        assert isinstance(decode(magic + data, PARAMS), Recording)


def test_check_refuses_what_holds_no_speech() -> None:
    def recording(samples: np.ndarray) -> Recording:
        return Recording(samples.astype(np.float32))

    check(recording(voice()), PARAMS)
    with pytest.raises(AudioError, match="too short"):
        check(recording(voice(0.1)), PARAMS)
    with pytest.raises(AudioError, match="silent"):
        check(recording(np.zeros(SAMPLE_RATE)), PARAMS)
    with pytest.raises(AudioError, match="silent"):
        check(recording(np.full(SAMPLE_RATE, 0.4)), PARAMS)
    with pytest.raises(AudioError, match="clipped"):
        check(recording((20 * voice()).clip(-1, 1)), PARAMS)


def test_clipping_is_seen_after_resampling() -> None:
    clipped = (20 * voice(1.0, 48_000)).clip(-1, 1)
    with pytest.raises(AudioError, match="clipped"):
        check(decode(file_of(clipped, 48_000), PARAMS), PARAMS)


def test_quiet_speech_with_long_pauses_passes() -> None:
    quiet = np.concatenate([np.zeros(SAMPLE_RATE), voice(0.6, level=0.002), np.zeros(SAMPLE_RATE)])
    assert 20 * np.log10(quiet.std()) < -60
    check(Recording(quiet.astype(np.float32)), PARAMS)
