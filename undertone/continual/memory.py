"""What a challenger remembers: the corpus that the next one will rehearse from.

The old corpus and what was just learnt, in one corpus folder and one heard folder, so that a
third domain does not make the second forgotten, and so that the promoted model's evaluation,
which is the drift gate's reference, knows the new domain too.
"""

import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import torch
from safetensors.torch import save_file

from undertone.continual.adapting import Material
from undertone.continual.replay import reservoir
from undertone.corpora.intake import INFO, REJECTS, identity_of, report_on, write_rejects
from undertone.evaluation.gathering import Folders
from undertone.files import replacing_folder, write_json
from undertone.manifest import write_manifest
from undertone.model.config import AUDIO
from undertone.shards.members import contents
from undertone.training.examples import ACOUSTIC_FILE, Examples

NAME = "remembered"
DOMAIN = "feedback"
LISTENING = "listening.json"
FILES = {"path": "audio", "image_path": "images"}


def remembered(known: Examples, material: Material, megabytes: float, seed: int) -> Examples:
    """Old and new utterances in their splits; of those to train on, as many as a memory holds.

    Args:
        known: all of the old corpus.
        material: what was learnt, chosen and judged on.
        megabytes: for the training split.
        seed: of the draw.
    """
    name = f"{DOMAIN}-{1 + _domains(known)}"
    parts = (
        (material.new, "train"),
        (material.new_validation, "validation"),
        (material.holdout, "test"),
    )
    new = [replace(part, rows=part.rows.assign(split=split, corpus=name)) for part, split in parts]
    everything = Examples.concat([known, *new])
    trains = (everything.rows["split"] == "train").to_numpy()
    train = reservoir(everything.take(trains), megabytes, seed)
    return Examples.concat([train, everything.take(~trains)])


def write_memory(examples: Examples, listening: Path, out: Folders) -> None:
    """Write utterances as a corpus folder and a heard folder.

    Recordings are linked, not copied, where the disk allows.

    Args:
        examples: utterances with their splits; their paths are absolute.
        listening: a heard folder of the same Whisper.
        out: the two folders to write.
    """
    corpus, heard = out
    rows = examples.rows.copy()
    with replacing_folder(corpus) as aside:
        for column, folder in FILES.items():
            rows[column] = [
                _linked(file, aside, f"{folder}/{name}") if file else None
                for file, name in zip(examples.paths(column), rows["utterance_id"], strict=True)
            ]
        plain = rows.assign(transcript=None, words=None)
        write_manifest(aside, plain)
        write_rejects(aside / REJECTS, [])
        write_json(aside / INFO, identity_of(NAME, plain, report_on(plain, 0)))
    with replacing_folder(heard) as aside:
        tensors = {
            "statistics": examples.statistics.contiguous(),
            "present": examples.present()[:, AUDIO].to(torch.uint8),
        }
        if examples.views is not None:
            tensors["views"] = examples.views.transpose(0, 1).contiguous()
        save_file(tensors, aside / ACOUSTIC_FILE)
        (aside / ACOUSTIC_FILE).chmod(0o644)
        write_manifest(aside, rows)
        if (listening / LISTENING).is_file():
            shutil.copy(listening / LISTENING, aside / LISTENING)


def _domains(known: Examples) -> int:
    names: pd.Series = known.rows["corpus"]
    return int(names[names.str.startswith(f"{DOMAIN}-")].nunique())


def _linked(file: Path, folder: Path, name: str) -> str:
    path = f"{name}{file.suffix}"
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        target.hardlink_to(file)
    except OSError:
        target.write_bytes(contents(file))
    return path
