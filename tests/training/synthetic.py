"""Utterances that are easy to tell apart, by voice and by words, and Whispers to hear them with."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile
import torch
from safetensors.torch import save_file
from transformers import WhisperConfig

from undertone.config import Params, load_params
from undertone.manifest import COLUMNS, write_manifest
from undertone.speech.encoder import AcousticEncoder
from undertone.training.examples import Examples

LABELS = ("anger", "neutral", "sadness")
WORDS = {"anger": "stop this now", "neutral": "the table is here", "sadness": "i miss you"}
LAYERS, SIZE = 2, 16
SHAPE = (LAYERS + 1, 2 * SIZE)
QUICK = (
    "training.device=cpu",
    "training.epochs=6",
    "training.batch_size=8",
    "training.warmup_steps=2",
    "training.learning_rate=0.005",
    "model.hidden_size=16",
    "timeline.joined=0",
)


def settings(*overrides: str) -> Params:
    return load_params(profile="demo", overrides=[*QUICK, *overrides])


def rows(speakers: int, each: int = 1, first: int = 0) -> pd.DataFrame:
    """`each` utterances of every emotion by each speaker."""
    found = [
        {
            "utterance_id": f"s{speaker}-{emotion}-{number}",
            "corpus": "synthetic",
            "speaker_id": f"s{speaker}",
            "language": "en",
            "emotion": emotion,
            "path": f"audio/s{speaker}-{emotion}-{number}.flac",
            "sha256": f"s{speaker}-{emotion}-{number}",
            "duration_s": 0.5,
            "text": f"{WORDS[emotion]} {number}",
            "split": "train",
        }
        for speaker in range(first, first + speakers)
        for emotion in LABELS
        for number in range(each)
    ]
    empty = dict.fromkeys(("transcript", "words", "image_path"), object)
    return pd.DataFrame(found).reindex(columns=COLUMNS).astype(empty)


def rows_in_splits(splits: Sequence[str], each: int) -> pd.DataFrame:
    """`each` utterances of every emotion by one speaker for each of `splits`."""
    frame = rows(speakers=len(splits), each=each)
    split_of = {f"s{speaker}": split for speaker, split in enumerate(splits)}
    return frame.assign(split=frame["speaker_id"].map(split_of))


def memory(folder: Path) -> tuple[Path, Path]:
    """Where a retrain may write what its challenger remembers."""
    return folder / "memory" / "corpus", folder / "memory" / "heard"


def statistics(frame: pd.DataFrame, seed: int = 0) -> torch.Tensor:
    """Statistics [N, L + 1, 2·D] whose layer 1 tells the emotion, and no other does."""
    values = torch.randn(len(frame), *SHAPE, generator=torch.Generator().manual_seed(seed))
    for row, emotion in enumerate(frame["emotion"]):
        values[row, 1, LABELS.index(emotion)] += 6.0
    return values


def examples(speakers: int, each: int = 1, first: int = 0) -> Examples:
    frame = rows(speakers, each, first)
    return Examples(frame, statistics(frame, seed=first))


def write_whisper(folder: Path) -> Path:
    """A Whisper folder with the encoder alone, and random weights."""
    torch.manual_seed(0)
    sizes = {"encoder_attention_heads": 2, "encoder_ffn_dim": 32, "max_source_positions": 100}
    encoder = AcousticEncoder(WhisperConfig(d_model=SIZE, encoder_layers=LAYERS, **sizes))
    for parameter in encoder.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    folder.mkdir(parents=True)
    encoder.config.save_pretrained(folder)
    weights = {f"encoder.{name}": value for name, value in encoder.whisper.state_dict().items()}
    save_file(weights, folder / "model.safetensors")
    return folder


def write_folders(folder: Path, frame: pd.DataFrame) -> tuple[Path, Path]:
    """A corpus folder with a tone for each utterance, and its heard folder."""
    corpus, heard = folder / "corpus", folder / "heard"
    for row in frame.dropna(subset="path").itertuples():
        file = corpus / row.path
        file.parent.mkdir(parents=True, exist_ok=True)
        pitch = 200.0 * (1 + LABELS.index(row.emotion))
        tone = 0.3 * np.sin(2 * np.pi * pitch * np.arange(12_000) / 16_000)
        soundfile.write(file, (tone * _syllables(row.utterance_id)).astype(np.float32), 16_000)
    heard.mkdir()
    for place in (corpus, heard):
        write_manifest(place, frame)
    save_file({"statistics": statistics(frame)}, heard / "acoustic.safetensors")
    return corpus, heard


def _syllables(name: str) -> np.ndarray:
    """A level that goes up and down, and noise with it: no two utterances alike."""
    generator = np.random.default_rng(list(name.encode()))
    level = generator.uniform(0.05, 1, (2, 24)).repeat(500, axis=1)
    return level[0] + level[1] * generator.normal(0, 0.5, level.shape[1])
