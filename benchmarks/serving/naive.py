"""What a user would put together instead: faster-whisper and two pipelines of transformers."""

import io
from pathlib import Path

import torch
from faster_whisper import WhisperModel, decode_audio
from transformers import (
    AutoTokenizer,
    BertConfig,
    BertForSequenceClassification,
    Wav2Vec2Config,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2ForSequenceClassification,
    pipeline,
)

from benchmarks.serving.whisper import SEED, TEXT_ENCODER
from undertone.hub import resolve
from undertone.speech.conversion import converted

EMOTIONS = 7


class Naive:
    """faster-whisper tiny in int8, wav2vec 2.0 base on the audio, BERT base on the text.

    At its best: greedy, without a second try at other temperatures, and no more tokens than ours.

    Args:
        whisper: a Hugging Face Whisper.
        tokens: that it writes, at most.
    """

    def __init__(self, whisper: Path, tokens: int) -> None:
        torch.manual_seed(SEED)
        self._tokens = tokens
        self._whisper = WhisperModel(
            str(converted(whisper, "int8")), device="cpu", compute_type="int8", cpu_threads=1
        )
        voice = Wav2Vec2ForSequenceClassification(Wav2Vec2Config(num_labels=EMOTIONS)).eval()
        self._voice = pipeline(
            "audio-classification",
            model=voice,
            feature_extractor=Wav2Vec2FeatureExtractor(),
            device="cpu",
        )
        words = BertForSequenceClassification(BertConfig(num_labels=EMOTIONS)).eval()
        self._words = pipeline(
            "text-classification",
            model=words,
            tokenizer=AutoTokenizer.from_pretrained(resolve(TEXT_ENCODER), local_files_only=True),
            device="cpu",
        )

    def __call__(self, recording: bytes) -> str:
        """Hear a recording; what it says means nothing."""
        samples = decode_audio(io.BytesIO(recording))
        segments, _ = self._whisper.transcribe(
            samples,
            language="en",
            beam_size=1,
            temperature=0,
            log_prob_threshold=None,
            compression_ratio_threshold=None,
            no_speech_threshold=None,
            condition_on_previous_text=False,
            max_new_tokens=self._tokens,
        )
        text = " ".join(segment.text for segment in segments).strip()
        voice, words = self._voice(samples)[0], self._words(text or "nothing")[0]
        return f"{text}: {voice['label']} {words['label']}"
