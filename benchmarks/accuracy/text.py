"""Emotion from text alone: GoEmotions and MELD on their official splits, with peers.

`python -m benchmarks.accuracy.text DATA [--rows goemotions meld] [--out DIR] [--smoke]`

DATA holds the folders `goemotions-text` and `meld-text`. Validation chooses the epoch, the peers'
regularisation and the thresholds; learning rates and class weights were chosen on it by hand. The
test split is looked at once, by the end. GoEmotions has two protocols: the comments of a single
emotion (91 % of them, which is also what is trained on), and all comments with several emotions
allowed, as in its paper; see `text_multilabel`.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Literal

from pydantic import BaseModel

from benchmarks.accuracy.text_multilabel import score_all_comments
from benchmarks.accuracy.text_peers import PEERS
from undertone.bundle import Bundle
from undertone.config import Params, load_params
from undertone.corpora import ingest
from undertone.evaluation import evaluate
from undertone.evaluation.metrics import Interval
from undertone.files import write_json
from undertone.manifest import read_manifest, write_manifest
from undertone.speech import hear
from undertone.splits import split_hash
from undertone.training import finetune

Metric = Literal["macro_f1", "weighted_f1"]
OURS = "MiniLM, fine-tuned"
SMOKE = 60  # utterances of each split
COMMON = (
    "split.protocol=official",
    "training.tuning=full",
    "training.epochs=0",
    "training.refit=false",  # as others do, who leave the validation split out
    "training.group_by_length=true",
    "training.bfloat16=true",
)


@dataclass(frozen=True)
class Row:
    """A line of the table: a corpus, its score, and what validation chose."""

    corpus: str
    folder: str
    metric: Metric
    chosen: tuple[str, ...]

    def settings(self, data: Path, seed: int, extra: Sequence[str] = ()) -> Params:
        given = (
            f"corpus.name={self.corpus}",
            f"corpus.path={json.dumps(str(data / self.folder))}",
            f"training.select_by={self.metric}",
            f"training.seed={seed}",
        )
        return load_params(profile="base", overrides=[*COMMON, *given, *self.chosen, *extra])


GOEMOTIONS = (
    "training.batch_size=64",
    "training.encoder_learning_rate=3e-4",
    "training.encoder_epochs=2",
    "training.warmup_steps=60",
    "training.class_weights=0.5",
)
MELD = (
    "training.batch_size=32",
    "training.encoder_learning_rate=2e-4",
    "training.encoder_epochs=2",
    "training.warmup_steps=40",
    "training.class_weights=0",
)
ROWS = {
    "goemotions": Row("goemotions", "goemotions-text", "macro_f1", GOEMOTIONS),
    "meld": Row("meld", "meld-text", "weighted_f1", MELD),
    "meld-alone": Row("meld", "meld-text", "weighted_f1", (*MELD, "corpus.context_characters=0")),
}


class Record(BaseModel):
    """A figure with all that it takes to find it again.

    Attributes:
        row: of the table; `system` is ours or a peer.
        resampled: what the interval was drawn over.
        curve: validation scores, epoch by epoch.
        seconds: wall time of training and scoring.
    """

    row: str
    system: str
    protocol: str
    metric: Metric
    score: Interval
    utterances: int
    resampled: str
    split_hash: str
    seed: int
    command: str
    seconds: float
    settings: list[str]
    curve: list[dict[str, float]] = []

    def __str__(self) -> str:
        name = self.metric.replace("_", " ")
        return f"{self.row:<12} {self.system:<36} {name:<12} {self.score}   {self.protocol}"


def run(
    name: str,
    data: Path,
    out: Path,
    *,
    seed: int = 17,
    smoke: bool = False,
    extra: Sequence[str] = (),
    peers: bool = True,
) -> list[Record]:
    """Our model and its peers on one row of the table.

    Args:
        name: of the row.
        data: folder of the corpora's folders.
        out: where corpus, bundle and evaluation are kept.
        seed: of training.
        smoke: whether a few utterances and one epoch are enough, to see that all of it works.
        extra: settings that go before the row's own.
        peers: whether they are asked too; they know no seeds.
    """
    row = ROWS[name]
    params = row.settings(data, seed, (*(("training.encoder_epochs=1",) if smoke else ()), *extra))
    corpus, heard = prepare(params, out / name, SMOKE if smoke else None)
    ours = _ours(name, row, params, corpus, heard, out / name)
    records = [ours]
    if name == "goemotions":
        records.append(_all_comments(ours, data / row.folder, out / name, SMOKE if smoke else None))
    return records + (_peers(ours, params, corpus, heard) if peers else [])


def prepare(params: Params, folder: Path, most: int | None) -> tuple[Path, Path]:
    """The corpus and heard folder of a row, cut to `most` utterances of each split."""
    corpus, heard = folder / "corpus", folder / "heard"
    ingest(params, corpus)
    if most is not None:
        rows = read_manifest(corpus).sample(frac=1, random_state=0)
        write_manifest(corpus, rows.groupby("split").head(most))
    hear(corpus, params, heard)
    return corpus, heard


def _ours(name: str, row: Row, params: Params, corpus: Path, heard: Path, folder: Path) -> Record:
    started = perf_counter()
    finetune(corpus, heard, params, folder / "bundle")
    found = evaluate(folder / "bundle", corpus, heard, folder / "evaluation")
    curves = Bundle.load(folder / "bundle").info["curves"]
    return Record(
        row=name,
        system=OURS,
        protocol="official splits" + (", one emotion a comment" if name == "goemotions" else ""),
        metric=row.metric,
        score=getattr(found.scores["fused"], row.metric),
        utterances=found.utterances,
        resampled=found.resampled,
        split_hash=found.split_hash,
        seed=params.training.seed,
        command=f"python -m benchmarks.accuracy.text DATA --rows {name}",
        seconds=round(perf_counter() - started, 1),
        settings=[*COMMON, *row.chosen],
        curve=curves["encoders"],
    )


def _all_comments(ours: Record, source: Path, folder: Path, most: int | None) -> Record:
    started = perf_counter()
    score, utterances = score_all_comments(Bundle.load(folder / "bundle"), source, most)
    change = {
        "protocol": "official splits, all comments, several emotions allowed",
        "score": score,
        "utterances": utterances,
        "resampled": "utterances",
        "seconds": round(ours.seconds + perf_counter() - started, 1),
    }
    return ours.model_copy(update=change)


def _peers(ours: Record, params: Params, corpus: Path, heard: Path) -> list[Record]:
    splits = split_hash(read_manifest(heard))
    records = []
    for system, peer in PEERS.items():
        started = perf_counter()
        scores = peer(corpus, heard, params)
        change = {
            "system": system,
            "score": getattr(scores, ours.metric),
            "split_hash": splits,
            "seconds": round(perf_counter() - started, 1),
            "settings": [],
            "curve": [],
        }
        records.append(ours.model_copy(update=change))
    return records


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--rows", nargs="*", choices=list(ROWS), default=list(ROWS))
    parser.add_argument("--out", type=Path, default=Path("outputs/accuracy/text"))
    parser.add_argument("--seeds", type=int, nargs="*", default=[17])
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--set", nargs="*", default=[], dest="extra", help="section.key=value")
    given = parser.parse_args()
    for name in given.rows:
        for seed in given.seeds:
            folder = given.out / str(seed)
            records = run(name, given.data, folder, seed=seed, smoke=given.smoke, extra=given.extra)
            write_json(folder / f"{name}.json", [record.model_dump() for record in records])
            print(*records, sep="\n", flush=True)


if __name__ == "__main__":
    main()
