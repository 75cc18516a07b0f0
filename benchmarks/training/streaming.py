"""What it costs to read recordings for training: from files, from shards, and what rows take."""

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

import pandas as pd
import torch

from benchmarks.machine import Machine, alone, peak_memory_mb
from benchmarks.page import publish
from benchmarks.parts import Figure, Part, Ratio
from undertone.config import AudioParams
from undertone.manifest import read_manifest
from undertone.progress import track
from undertone.shards.cache import BOUND, cache_folder
from undertone.shards.fetching import fetch_corpus
from undertone.shards.order import Streamed
from undertone.shards.packing import pack
from undertone.training.batches import Batches
from undertone.training.examples import Examples
from undertone.training.sources import Spectrograms, Tokens
from undertone.training.tokenizer import train_tokenizer

BATCH, MELS, LONGEST = 32, 80, 3000
SHARD, ROOM_MB, WINDOW = 1_000_000, 8, 4
HOUR = 3600.0
HEADS = ("corpus", "utterances", "hours", "FLAC, MB an hour", "shards, MB an hour")


@dataclass(frozen=True)
class Reading:
    """What was measured of a corpus.

    Attributes:
        name: of the corpus.
        seconds: of its recordings.
        bytes: of its recordings, and of its shards.
        costs: seconds of the processor for all features, from files and from shards.
    """

    name: str
    utterances: int
    seconds: float
    bytes: tuple[int, int]
    costs: tuple[float, float]


def add_options(parser: argparse.ArgumentParser) -> None:
    """What can be said of this part on the command line."""
    parser.add_argument("--corpus", type=Path, nargs="+", required=True, help="corpus folders")
    parser.add_argument("--rows", type=int, default=100_000, help="that are held in memory")


def run(given: argparse.Namespace, command: str) -> None:
    """Measure each corpus, then rows, and write the record."""
    torch.set_num_threads(1)
    found = [_read(corpus) for corpus in track(given.corpus, "reading")]
    files, shards = ([one.costs[side] for one in found] for side in (0, 1))
    rate = sum(one.seconds for one in found) / sum(shards)
    part = Part(
        name="streaming",
        command=command,
        machine=Machine.here(),
        ratios=[Ratio.of("processor time: shards to files", shards, files)],
        figures=[
            Figure(name="seconds of speech read in a second of one core", value=f"{rate:.0f}"),
            Figure(
                name="bytes of memory for an utterance, without its statistics",
                value=f"{alone(partial(_held, given.corpus[0], given.rows)).result:,.0f}",
                note=f"{given.rows:,} rows with their tokens",
            ),
        ],
        table=[list(HEADS), *map(_row, found)],
    )
    publish("training", part)


def _read(corpus: Path) -> Reading:
    rows = read_manifest(corpus).dropna(subset="path")
    files = [corpus / path for path in rows["path"]]
    with TemporaryDirectory() as scratch:
        os.environ |= {"UNDERTONE_HOME": f"{scratch}/home", BOUND: str(ROOM_MB)}
        shards = pack(corpus, f"{scratch}/there", SHARD)
        light = Path(scratch) / "light"
        fetch_corpus([f"{scratch}/there"], light)
        packed = read_manifest(light).dropna(subset="path")
        paths = [light / path for path in packed["path"]]
        costs = _cost(files), _cost(paths)
        kept = sum(file.stat().st_size for file in cache_folder().glob("*.tar"))
    assert kept <= ROOM_MB * 1e6
    size = sum(file.stat().st_size for file in files)
    seconds = float(rows["duration_s"].sum())
    sizes = size, sum(shard.size for shard in shards)
    return Reading("+".join(sorted(set(rows["corpus"]))), len(rows), seconds, sizes, costs)


def _cost(files: Sequence[Path]) -> float:
    """Seconds of the processor for the features of all recordings, each once."""
    source = Spectrograms(files, [file.stem for file in files], AudioParams(), MELS, LONGEST)
    placement = source.placement()
    order = list(Streamed(placement, WINDOW, seed=17)) if placement else range(len(files))
    began = process_time()
    for places in torch.tensor(order).split(BATCH):
        source.batch(places)
    return process_time() - began


def _held(corpus: Path, count: int) -> float:
    """Bytes that an utterance takes in memory as an example and as part of a batch's source."""
    rows = read_manifest(corpus)
    tokenizer = train_tokenizer(rows["text"].fillna("").tolist())
    before = peak_memory_mb()
    many = pd.concat([rows] * (count // len(rows) + 1), ignore_index=True).head(count)
    names = [f"{number:064}" for number in range(count)]
    many = many.assign(utterance_id=names, sha256=names, path=[f"{n}.flac" for n in names])
    examples = Examples(many, torch.zeros(1).expand(count, 1, 1))
    sounds = Spectrograms(examples.paths("path"), names, AudioParams(), MELS, LONGEST)
    texts = Tokens(tokenizer, examples.texts(), examples.contexts())
    batches = Batches((sounds, texts, None), examples.present(), torch.zeros(count))
    return (peak_memory_mb() - before) * (1 << 20) / len(batches)


def _row(one: Reading) -> list[str]:
    hours = one.seconds / HOUR
    flac, tar = (f"{size / 1e6 / hours:.1f}" for size in one.bytes)
    return [one.name, f"{one.utterances:,}", f"{hours:.3f}", flac, tar]
