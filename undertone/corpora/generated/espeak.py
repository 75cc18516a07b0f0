"""espeak-ng from the `espeakng-loader` wheel, driven through ctypes, synthesising into memory."""

import ctypes
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from undertone.errors import CorpusError

_SYNCHRONOUS = 2
_CHARACTER_POSITION = 1
_UTF8 = 1
_RATE, _VOLUME, _PITCH, _RANGE, _WORD_GAP = 1, 2, 3, 4, 7
_LIST_END, _WORD_EVENT = 0, 1


class _EventId(ctypes.Union):
    _fields_ = (
        ("number", ctypes.c_int),
        ("name", ctypes.c_char_p),
        ("string", ctypes.c_char * 8),
    )


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    )


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


@dataclass(frozen=True)
class Delivery:
    """How espeak-ng is to say a sentence.

    Attributes:
        voice: a language and a variant, `en-us+f2`.
        rate: words per minute.
        pitch: base pitch, 0 to 99.
        pitch_range: liveliness of the melody, 0 (monotone) to 99.
        word_gap: pause between words, in units of 10 ms at the default rate.
    """

    voice: str
    rate: float
    pitch: float
    pitch_range: float
    word_gap: float = 0.0


@dataclass(frozen=True)
class Speech:
    """What espeak-ng said: float64 samples in [-1, 1] and the onset of each word in seconds."""

    samples: npt.NDArray[np.float64]
    sample_rate: int
    onsets: tuple[float, ...]


class Espeak:
    """One instance of the library.

    The library keeps state from call to call, and more than one instance in a process shares it:
    equal bytes need equal histories.
    """

    def __init__(self) -> None:
        """Load the library.

        Raises:
            CorpusError: the wheel is not installed, or the library does not start.
        """
        library, self._data = _locate()
        self._library = ctypes.CDLL(library)
        self._library.espeak_Synth.argtypes = [
            ctypes.c_char_p,
            ctypes.c_size_t,
            ctypes.c_uint,
            ctypes.c_int,
            ctypes.c_uint,
            ctypes.c_uint,
            ctypes.c_void_p,
            ctypes.c_void_p,
        ]
        self.sample_rate: int = self._library.espeak_Initialize(
            _SYNCHRONOUS, 0, self._data.encode(), 0
        )
        if self.sample_rate <= 0:
            raise CorpusError(f"espeak-ng does not start with its data in {self._data}.")
        self._pieces: list[npt.NDArray[np.int16]] = []
        self._onsets: dict[int, float] = {}
        self._callback = _Callback(self._collect)  # the library does not keep it alive
        self._library.espeak_SetSynthCallback(self._callback)

    @staticmethod
    def check() -> None:
        """See that the library can be found, without loading it.

        Raises:
            CorpusError: the wheel is not installed.
        """
        _locate()

    def seed(self, value: int) -> None:
        """Seed the library's own noise (aspiration, flutter)."""
        self._library.espeak_ng_SetRandSeed(ctypes.c_long(value))

    def say(self, text: str, delivery: Delivery) -> Speech:
        """Synthesise `text`, words parted by single spaces.

        Raises:
            CorpusError: there is no such voice, or the library refuses the text.
        """
        self._set_voice(delivery.voice)
        self._set_parameters(delivery)
        self._pieces.clear()
        self._onsets.clear()
        encoded = text.encode()
        code = self._library.espeak_Synth(
            encoded, len(encoded) + 1, 0, _CHARACTER_POSITION, 0, _UTF8, None, None
        )
        if code != 0 or not self._pieces:
            raise CorpusError(f"espeak-ng refuses to say {text!r} (code {code}).")
        samples = np.concatenate(self._pieces) / 32768.0
        return Speech(samples, self.sample_rate, self._word_onsets(text))

    def _set_voice(self, voice: str) -> None:
        variant = voice.partition("+")[2]
        known = not variant or (Path(self._data) / "voices" / "!v" / variant).is_file()
        # An unknown variant is passed over in silence by the library itself.
        if not known or self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise CorpusError(f"espeak-ng has no voice '{voice}'.")

    def _set_parameters(self, delivery: Delivery) -> None:
        values = {
            _RATE: np.clip(delivery.rate, 80, 400),
            _VOLUME: 80,
            _PITCH: np.clip(delivery.pitch, 0, 99),
            _RANGE: np.clip(delivery.pitch_range, 0, 99),
            _WORD_GAP: max(delivery.word_gap, 0.0),
        }
        for parameter, value in values.items():
            self._library.espeak_SetParameter(parameter, round(float(value)), 0)

    def _collect(self, wave: object, count: int, events: object) -> int:
        if wave and count > 0:
            self._pieces.append(np.ctypeslib.as_array(wave, shape=(count,)).copy())
        position = 0
        while events[position].type != _LIST_END:  # type: ignore[index]
            event = events[position]  # type: ignore[index]
            if event.type == _WORD_EVENT:
                self._onsets[event.text_position] = event.audio_position / 1000
            position += 1
        return 0

    def _word_onsets(self, text: str) -> tuple[float, ...]:
        """Onsets in word order; a word joined to the one before it shares its time."""
        onsets, position, latest = [], 1, 0.0
        for word in text.split(" "):
            latest = max(latest, self._onsets.get(position, latest))
            onsets.append(latest)
            position += len(word) + 1
        return tuple(onsets)


def _locate() -> tuple[str, str]:
    try:
        import espeakng_loader
    except ImportError as error:
        raise CorpusError(
            "The generated corpus needs espeak-ng. Install it with: pip install 'undertone[demo]'"
        ) from error
    return espeakng_loader.get_library_path(), espeakng_loader.get_data_path()
