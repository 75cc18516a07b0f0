"""`python -m tools.whisper_demo.measure FOLDER`: how well a toy Whisper hears."""

import argparse
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path

import jiwer
import numpy as np
from faster_whisper import WhisperModel

from tools.whisper_demo.examples import CHANNELS, Samples, test_utterances, waveform
from undertone.audio import SAMPLE_RATE
from undertone.config import ListeningParams
from undertone.corpora.base import SourceUtterance
from undertone.prediction import Word
from undertone.speech.conversion import converted
from undertone.speech.listener import Listener

COMPUTE_TYPE = "int8"
MOST_TOKENS = 40

Transcriber = Callable[[Samples], tuple[str, list[Word]]]


def main() -> None:
    """Transcribe held-out sentences of unheard speakers, padded to 30 s and at real length."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clips", type=int, default=150, help="of each channel")
    parser.add_argument("--seed", type=int, default=9)
    arguments = parser.parse_args()
    ways = {"30 s": padded(arguments.folder), "real length": at_length(arguments.folder)}
    for channel in CHANNELS:
        utterances = test_utterances(arguments.clips, arguments.seed, channel)
        for way, transcribe in ways.items():
            wer, onsets = score(transcribe, utterances)
            print(  # noqa: T201
                f"{channel:9} {way:11} n={len(utterances)} WER {wer:.3f} "
                f"word onset error median {1000 * statistics.median(onsets):.0f} ms, "
                f"90 % under {1000 * float(np.quantile(onsets, 0.9)):.0f} ms",
                flush=True,
            )


def padded(folder: Path) -> Transcriber:
    """An unmodified faster-whisper."""
    model = WhisperModel(
        str(converted(folder, COMPUTE_TYPE)), device="cpu", compute_type=COMPUTE_TYPE, cpu_threads=1
    )

    def transcribe(samples: Samples) -> tuple[str, list[Word]]:
        segments, _ = model.transcribe(
            samples,
            language="en",
            beam_size=1,
            temperature=0.0,
            max_new_tokens=MOST_TOKENS,
            word_timestamps=True,
        )
        words = [word for segment in segments for word in segment.words or []]
        timed = [Word(word=word.word.strip(), start=word.start, end=word.end) for word in words]
        return " ".join(word.word for word in timed), timed

    return transcribe


def at_length(folder: Path) -> Transcriber:
    """Undertone's own listening, the whole clip taken for speech."""
    params = ListeningParams(compute_type=COMPUTE_TYPE, beam_size=1, max_new_tokens=MOST_TOKENS)
    listener = Listener(folder, params)

    def transcribe(samples: Samples) -> tuple[str, list[Word]]:
        heard = listener.listen(samples, speech=[(0.0, len(samples) / SAMPLE_RATE)]).transcript
        return (heard.text, heard.words) if heard else ("", [])

    return transcribe


def score(
    transcribe: Transcriber, utterances: Sequence[SourceUtterance]
) -> tuple[float, list[float]]:
    """Word error rate, and the errors in seconds of the onsets of sentences heard without fault."""
    references, hypotheses, errors = [], [], []
    for utterance in utterances:
        text, words = transcribe(waveform(utterance))
        references.append(utterance.text or "")
        hypotheses.append(text)
        if text == utterance.text and len(words) == len(utterance.words):
            pairs = zip(words, utterance.words, strict=True)
            errors += [abs(heard.start - said.start) for heard, said in pairs]
    return float(jiwer.wer(references, hypotheses)), errors or [float("nan")]


if __name__ == "__main__":
    main()
