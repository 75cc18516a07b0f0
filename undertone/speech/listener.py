"""Listening once: one encoder pass gives the transcript and the acoustic statistics."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from undertone.audio import SAMPLE_RATE, Samples, speech_segments
from undertone.config import ListeningParams
from undertone.prediction import Transcript
from undertone.speech.conversion import has_decoder
from undertone.speech.encoder import AcousticEncoder, pool
from undertone.speech.engines import encode_by
from undertone.speech.features import HOP, grid_frames, log_mel, real_frames, states_of
from undertone.timing import Timings

if TYPE_CHECKING:
    from undertone.speech.recogniser import Recogniser, Said

EDGE_SECONDS = 0.5
PAUSE_SECONDS = 2.0  # what someone says is cut at longer ones, as faster-whisper does
LARGEST_BATCH = 16

Stretch = tuple[float, float]
Watch = Callable[[Tensor, float], None]


@dataclass(frozen=True)
class Take:
    """One recording to hear.

    Attributes:
        samples: float32 [time], mono 16 kHz, cleaned.
        speech: where speech is, in seconds; found by the listener if not given. Stretches with
            longer pauses between them are heard by themselves, see `windows`; a recording without
            any as a whole but not transcribed.
        transcribe: whether the transcript is wanted.
        words: whether the times of its words are wanted too.
        language: spoken in it, for a Whisper of many languages; that of the settings without it.
        watch: is told the states [L + 1, T, D] of each window, and when it starts.
    """

    samples: Samples
    speech: Sequence[Stretch] | None = None
    transcribe: bool = True
    words: bool = True
    language: str | None = None
    watch: Watch | None = None


@dataclass(frozen=True)
class Heard:
    """What one recording gave.

    Attributes:
        transcript: what was said, or none where nothing here can write.
        statistics: mean and standard deviation of each layer's states [L + 1, 2·D].
    """

    transcript: Transcript | None
    statistics: NDArray[np.float32]


@dataclass(frozen=True)
class _Window:
    """A part of a take that the encoder takes at once; `take` is the place of that one."""

    take: int
    start: float
    samples: Samples
    written: bool
    words: bool
    language: str

    @property
    def frames(self) -> int:
        return real_frames(len(self.samples))


@dataclass(frozen=True)
class _Part:
    """What a window gave."""

    start: float
    statistics: NDArray[np.float32]
    states: int
    said: "Said | None"


class Listener:
    """Hears recordings: many at once, windows of one length together.

    Args:
        folder: a Hugging Face Whisper; without a decoder in it there are no transcripts.
        params: how to listen.

    Raises:
        ModelError: the folder is no Whisper, or cannot run as `params` asks.
    """

    def __init__(self, folder: Path, params: ListeningParams) -> None:
        self._device = _device(params.device)
        self.encoder = AcousticEncoder.from_folder(folder).to(self._device)
        self._encode = encode_by(params.engine, self.encoder, folder)
        self.can_transcribe = params.transcribe and has_decoder(folder)
        self._recogniser = _recogniser(folder, params) if self.can_transcribe else None

    def listen(
        self,
        samples: Samples,
        speech: Sequence[Stretch] | None = None,
        *,
        transcribe: bool = True,
        watch: Watch | None = None,
    ) -> Heard:
        """Hear one recording; see `Take`."""
        return self.listen_together([Take(samples, speech, transcribe, watch=watch)])[0]

    @torch.inference_mode()
    def listen_together(self, takes: Sequence[Take], timings: Timings | None = None) -> list[Heard]:
        """Hear several recordings; what each gives does not depend on the others.

        Args:
            takes: the recordings.
            timings: is told how long it took to `listen` and to `write`.
        """
        timings = Timings() if timings is None else timings
        found = [window for place, take in enumerate(takes) for window in self._cut(place, take)]
        parts: list[list[_Part]] = [[] for _ in takes]
        for batch in _batches(found):
            for window, part in zip(batch, self._hear(batch, takes, timings), strict=True):
                parts[window.take].append(part)
        return [self._heard(take, mine) for take, mine in zip(takes, parts, strict=True)]

    def require_language(self, language: str) -> None:
        """Make sure that a language that is asked for can be written.

        Raises:
            UndertoneError: this Whisper does not know it.
        """
        if self._recogniser:
            self._recogniser.language_of(language)

    @property
    def _longest_seconds(self) -> float:
        frames = 2 * int(self.encoder.config.max_source_positions)
        return (frames - 1) * HOP / SAMPLE_RATE  # one to spare for the rounding of seconds

    def _cut(self, place: int, take: Take) -> Iterator[_Window]:
        speech = speech_segments(take.samples) if take.speech is None else take.speech
        written = self._writes(take) and bool(speech)
        language = self._recogniser.language_of(take.language) if self._recogniser else ""
        seconds = len(take.samples) / SAMPLE_RATE
        for start, end in windows(speech, seconds, self._longest_seconds):
            samples = take.samples[int(start * SAMPLE_RATE) : int(end * SAMPLE_RATE)]
            yield _Window(place, start, samples, written, take.words, language)

    def _writes(self, take: Take) -> bool:
        return take.transcribe and self.can_transcribe

    def _hear(
        self, batch: Sequence[_Window], takes: Sequence[Take], timings: Timings
    ) -> Iterator[_Part]:
        """What windows of one length gave."""
        mels = int(self.encoder.config.num_mel_bins)
        with timings.measure("listen"):
            features = torch.from_numpy(
                np.stack([log_mel(window.samples, mels) for window in batch])
            )
            frames = torch.tensor([window.frames for window in batch], device=self._device)
            states = self._encode(features.to(self._device), frames)
            statistics = pool(states, frames).cpu().numpy()
        with timings.measure("write"):
            written = self._write(batch, states[:, -1])
        for place, window in enumerate(batch):
            real = states_of(window.frames)
            if (watch := takes[window.take].watch) is not None:
                watch(states[place, :, :real], window.start)
            yield _Part(window.start, statistics[place], real, written.get(place))

    def _write(self, batch: Sequence[_Window], last: Tensor) -> "dict[int, Said]":
        """What is said in windows of one length, by their place in the batch."""
        if self._recogniser is None:
            return {}
        said: dict[int, Said] = {}
        for language in {window.language for window in batch if window.written}:
            places = [
                place
                for place, window in enumerate(batch)
                if window.written and window.language == language
            ]
            spoken = self._recogniser.write(
                last[places].float().cpu().numpy(),
                [batch[place].frames for place in places],
                timed=[batch[place].words for place in places],
                language=language,
            )
            said |= dict(zip(places, spoken, strict=True))
        return said

    def _heard(self, take: Take, parts: Sequence[_Part]) -> Heard:
        ordered = sorted(parts, key=lambda part: part.start)
        transcript = None
        if self._recogniser and self._writes(take):
            spoken = [_shifted(part.said, part.start) for part in ordered if part.said]
            transcript = _transcript(spoken, self._recogniser.language_of(take.language))
        statistics = merge([part.statistics for part in ordered], [part.states for part in ordered])
        return Heard(transcript, statistics)


def _batches(found: Sequence[_Window]) -> Iterator[list[_Window]]:
    """Windows that end in the same half second, some at a time: the decoder has no mask."""

    def length(window: _Window) -> int:
        return grid_frames(window.frames)

    for _, group in groupby(sorted(found, key=length), key=length):
        alike = list(group)
        for start in range(0, len(alike), LARGEST_BATCH):
            yield alike[start : start + LARGEST_BATCH]


def windows(speech: Sequence[Stretch], seconds: float, longest: float) -> list[Stretch]:
    """The parts of a recording that are heard one by one.

    Stretches of speech with a short pause between them are heard together: on EmoDB and RAVDESS a
    recording that is cut at its pauses is taken for another emotion more often.

    Args:
        speech: stretches of speech in seconds, in order.
        seconds: how long the recording is.
        longest: seconds that the encoder takes at once; longer stretches are cut evenly.

    Returns:
        Start and end in seconds of each window, the outer two widened to the recording's edges
        where these are within half a second; the whole recording if there is no speech.
    """
    edges = [list(stretch) for stretch in speech] or [[0.0, seconds]]
    if edges[0][0] <= EDGE_SECONDS:
        edges[0][0] = 0.0
    if seconds - edges[-1][1] <= EDGE_SECONDS:
        edges[-1][1] = seconds
    return [part for start, end in _joined(edges, longest) for part in _cut(start, end, longest)]


def _joined(edges: Sequence[Sequence[float]], longest: float) -> Iterator[Sequence[float]]:
    """Stretches, those joined that have short pauses between them and fit the encoder together."""
    begun, ended = edges[0]
    for start, end in edges[1:]:
        if start - ended > PAUSE_SECONDS or end - begun > longest:
            yield begun, ended
            begun = start
        ended = end
    yield begun, ended


def spoken(samples: Samples, speech: Sequence[Stretch], longest: float) -> Samples:
    """The part of a recording from its first window to its last, at most `longest` seconds."""
    heard = windows(speech, len(samples) / SAMPLE_RATE, longest)
    first, last = (int(seconds * SAMPLE_RATE) for seconds in (heard[0][0], heard[-1][1]))
    return samples[first : min(last, first + int(longest * SAMPLE_RATE))]


def merge(statistics: Sequence[NDArray[np.float32]], weights: Sequence[int]) -> NDArray[np.float32]:
    """Statistics of several windows as if their states had been pooled together.

    Args:
        statistics: of each window, [L + 1, 2·D], the means first.
        weights: states that each was pooled from.
    """
    mean, deviation = np.split(np.stack(statistics).astype(np.float64), 2, axis=-1)
    overall = np.average(mean, axis=0, weights=weights)
    variance = np.average(deviation**2 + (mean - overall) ** 2, axis=0, weights=weights)
    return np.concatenate([overall, np.sqrt(variance)], axis=-1).astype(np.float32)


def _recogniser(folder: Path, params: ListeningParams) -> "Recogniser":
    from undertone.speech.recogniser import Recogniser  # training needs none of its libraries

    return Recogniser(folder, params)


def _cut(start: float, end: float, longest: float) -> list[Stretch]:
    parts = max(1, ceil((end - start) / longest))
    marks = np.linspace(start, end, parts + 1).tolist()
    return list(pairwise(marks))


def _transcript(spoken: "Sequence[Said]", language: str) -> Transcript:
    return Transcript(
        text=" ".join(text for text, _ in spoken if text),
        words=[word for _, words in spoken for word in words],
        language=language,
    )


def _shifted(said: "Said", by: float) -> "Said":
    text, words = said
    return text, [
        word.model_copy(update={"start": round(word.start + by, 2), "end": round(word.end + by, 2)})
        for word in words
    ]


def _device(name: str) -> torch.device:
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)
