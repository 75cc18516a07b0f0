"""A corpus of noise, as bytes alone: packing and fetching look into no recording."""

from pathlib import Path

import numpy as np
import pandas as pd

from undertone.manifest import write_manifest

RECORDING = 10_000
SPLITS = ("train", "train", "train", "validation", "test")


def write_corpus(folder: Path, name: str = "noise", each: int = 8) -> Path:
    """`each` utterances of one speaker for each split."""
    rng = np.random.default_rng(list(name.encode()))
    (folder / "audio").mkdir(parents=True)
    rows = []
    for number in range(each * len(SPLITS)):
        speaker = number % len(SPLITS)
        key = f"{name}.{number}"
        (folder / "audio" / f"{key}.flac").write_bytes(rng.bytes(RECORDING + number))
        rows.append(
            {
                "utterance_id": key,
                "corpus": name,
                "speaker_id": f"{name}-{speaker}",
                "language": "en",
                "emotion": ("anger", "fear")[number % 2],
                "path": f"audio/{key}.flac",
                "sha256": key,
                "duration_s": 1.0,
                "split": SPLITS[speaker],
            }
        )
    write_manifest(folder, pd.DataFrame(rows).assign(words=None))
    return folder
