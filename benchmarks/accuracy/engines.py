"""What the ways of running the encoder change: at real length or in 30 s, in 32, 16 or 8 bits."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
import torch

from benchmarks.accuracy.acoustic import BY_VOICE, plan_of
from benchmarks.accuracy.corpora import Setup
from benchmarks.accuracy.peers import LAYER, choose, regressions
from benchmarks.accuracy.record import Record
from benchmarks.accuracy.tables import drawn, uar_of
from undertone.bundle import Bundle
from undertone.config import Engine, ListeningParams, Params
from undertone.evaluation.gathering import Folders
from undertone.hub import resolve
from undertone.progress import track
from undertone.speech.encoder import AcousticEncoder, pool
from undertone.speech.features import log_mel, real_frames
from undertone.speech.listener import Listener
from undertone.speech.utterance import Utterance, prepare
from undertone.training import finetune
from undertone.training.examples import Examples, load_examples
from undertone.training.predicting import predict

PADDED = "30 s"
PADDED_FRAMES = 3000
MODEL, REGRESSION = "bundle of profile base", "layer 2, logistic regression"

Statistics = dict[str, torch.Tensor]


def run(setup: Setup) -> list[Record]:
    """Records of a bundle that was trained at 32 bits, and of a regression trained on each way."""
    params = setup.params("emodb", "base", BY_VOICE)
    folders = setup.ready("emodb", params)
    examples = load_examples(*folders)
    heard = hear_by_all(examples.paths("path"), params)
    bundle = setup.work / "engines" / "bundle"
    if not bundle.exists():
        finetune(*folders, params, bundle)
    return [
        *_of_bundle(Bundle.load(bundle), examples, heard, _split_hash(folders[0])),
        *_of_regression(examples, heard, folders, params),
    ]


def _split_hash(corpus: Path) -> str:
    return str(json.loads((corpus / "corpus.json").read_text(encoding="utf-8"))["split_hash"])


def hear_by_all(files: Sequence[Path | None], params: Params) -> Statistics:
    """Statistics of recordings [N, L + 1, 2·D], by each engine and by 32 bits over 30 s."""
    utterances = [
        prepare(file, params.audio, silence=True) for file in track(files, "decoding") if file
    ]
    found = {engine: _by_engine(engine, utterances, params) for engine in get_args(Engine)}
    return found | {PADDED: _padded(utterances, params.listening)}


def _by_engine(engine: Engine, utterances: Sequence[Utterance], params: Params) -> torch.Tensor:
    changed = params.listening.model_copy(update={"engine": engine})
    listener = Listener(resolve(changed.whisper), changed)
    return torch.stack(
        [
            torch.from_numpy(listener.listen(one.samples, one.speech, transcribe=False).statistics)
            for one in track(utterances, f"hearing by {engine}")
        ]
    )


@torch.inference_mode()
def _padded(utterances: Sequence[Utterance], params: ListeningParams) -> torch.Tensor:
    """As Whisper is meant: in 30 s, most of it silence; pooled over the recording alone."""
    encoder = AcousticEncoder.from_folder(resolve(params.whisper))
    whole = torch.tensor([PADDED_FRAMES])
    found = []
    for one in track(utterances, f"hearing in {PADDED}"):
        features = torch.from_numpy(log_mel(one.samples))
        padded = torch.nn.functional.pad(features, (0, PADDED_FRAMES - features.shape[1]))
        frames = torch.tensor([real_frames(len(one.samples))])
        found.append(pool(encoder(padded[None], whole), frames)[0])
    return torch.stack(found)


def _of_bundle(bundle: Bundle, examples: Examples, heard: Statistics, split: str) -> list[Record]:
    """The test speakers' UAR, and how many labels of all that did not train stay the same."""
    rows = examples.rows
    said = {
        engine: _labels(bundle, replace(examples, statistics=heard[engine]))
        for engine in get_args(Engine)
    }
    strangers, tests = (rows["split"] != "train").to_numpy(), (rows["split"] == "test").to_numpy()
    found = []
    for engine, labels in said.items():
        same = float((labels == said["torch"])[strangers].mean())
        found.append(
            _record(
                f"{MODEL}, {engine}",
                rows[tests].assign(said=labels[tests]),
                protocol="speakers, test",
                split_hash=split,
                ours=True,
                note=f"{same:.1%} of the {strangers.sum()} labels that 32 bits give stay the same",
            )
        )
    return found


def _of_regression(
    examples: Examples, heard: Statistics, folders: Folders, params: Params
) -> list[Record]:
    """UAR of regressions that train and test on what one engine hears."""
    plan, rows = plan_of("loso", [folders], params), examples.rows
    emotions = rows["emotion"].to_numpy()
    found = []
    for engine, statistics in heard.items():
        features = np.asarray(statistics[:, LAYER].numpy(), np.float64)
        told = []
        for turn in plan.turns:
            model = choose(regressions(), features, emotions, turn, plan.labels)
            said = model.predict(features[turn.test])
            told.append(rows.iloc[turn.test].assign(said=said))
        found.append(
            _record(
                f"{REGRESSION}, {engine}",
                pd.concat(told),
                protocol="loso",
                split_hash=plan.hash,
            )
        )
    return found


def _labels(bundle: Bundle, examples: Examples) -> np.ndarray:
    logits = predict(bundle, examples, without=("text",)).logits
    return np.asarray(bundle.labels)[logits.argmax(axis=1)]


def _record(system: str, said: pd.DataFrame, **told: Any) -> Record:
    table = said[["utterance_id", "speaker_id"]].assign(
        true_emotion=said["emotion"], emotion=said["said"]
    )
    return Record(
        row="engines",
        system=system,
        corpus="emodb",
        score=uar_of(table),
        utterances=len(table),
        resampled=drawn(table).unit,
        **told,
    )
