"""What an adapter from few clips of one's own gains over a model that never heard the speaker.

On EmoDB and RAVDESS (where UNDERTONE_TEST_DATA names them), by the voice alone, in Whisper's frozen
encoder. The model is trained on other speakers, fold by fold. Each speaker's clips are drawn evenly
over the emotions, and all sizes are tested on the same clips of theirs that none was trained on.
The gate sees the drawn clips alone. Speakers say the same sentences in both.
"""

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from benchmarks.loop.found import Found
from benchmarks.parts import Figure
from undertone.bundle import Bundle, save_bundle
from undertone.config import Params, load_params
from undertone.continual.gate import decide
from undertone.continual.own_clips import adapter_on, hold_out
from undertone.continual.personal import from_clips
from undertone.continual.replay import choose_replay
from undertone.corpora import ingest
from undertone.evaluation.gathering import drop
from undertone.evaluation.metrics import clusters, score, uar_difference
from undertone.protocols import Protocol, Turn
from undertone.speech import hear
from undertone.training import load_examples, predict
from undertone.training.examples import Examples, labels_of
from undertone.training.learning import learn

CORPORA = {"EmoDB": ("emodb", 5), "RAVDESS": ("ravdess", 6)}
HEAD = [
    "corpus",
    "own clips",
    "speakers",
    "test clips",
    "UAR before",
    "UAR with the adapter",
    "gain",
    "let through by the gate",
    "gain of these",
]

Indices = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Case:
    """A speaker with so many own clips: what is said of the others, before and after."""

    speaker: str
    clips: int
    truth: Indices
    before: Indices
    after: Indices
    promoted: bool


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--clips", type=int, nargs="+", default=[5, 10, 20])
    parser.add_argument("--of-fold", type=int, default=2, help="speakers of each fold")
    parser.add_argument("--folder", type=Path, default=Path("outputs/adapters"))
    parser.add_argument("--seed", type=int, default=17)


def measure(options: argparse.Namespace) -> Found:
    torch.set_num_threads(1)
    table = [HEAD]
    for name, (corpus, folds) in CORPORA.items():
        params = settings(corpus, options.seed)
        examples = prepare(options.folder / corpus, params)
        labels = labels_of(examples.rows)
        cases = [
            case
            for turn in Protocol("folds", folds).turns(examples.rows, options.seed)
            for case in in_turn(options, corpus, turn, examples, params)
        ]
        for clips in options.clips:
            chosen = [case for case in cases if case.clips == clips]
            table.append([name, str(clips), *row(chosen, len(labels))])
            print(*table[-1], flush=True)
    return Found(table, [Figure(name="seed", value=str(options.seed))])


def settings(corpus: str, seed: int) -> Params:
    path = Path(os.environ["UNDERTONE_TEST_DATA"]) / corpus
    return load_params(
        profile="base",
        overrides=[
            f"corpus.name={corpus}",
            f"corpus.path={path}",
            "listening.views=0",
            "listening.transcribe=false",
            "model.text_encoder=scratch",
            f"training.seed={seed}",
        ],
    )


def prepare(folder: Path, params: Params) -> Examples:
    corpus, heard = folder / "corpus", folder / "heard"
    if not corpus.exists():
        ingest(params, corpus)
    if not heard.exists():
        hear(corpus, params, heard)
    return drop(load_examples(corpus, heard), {"text"})


def in_turn(
    options: argparse.Namespace, corpus: str, turn: Turn, examples: Examples, params: Params
) -> list[Case]:
    train, validation, test = map(examples.take, (turn.train, turn.validation, turn.test))
    path = options.folder / corpus / f"base-{turn.name}-{options.seed}"
    if not path.exists():
        base, _ = learn(train, validation, params, labels_of(examples.rows))
        save_bundle(base, path)
    base = Bundle.load(path)
    names = test.rows["speaker_id"]
    voices = [test.take((names == name).to_numpy()) for name in sorted(names.unique())]
    return [
        case
        for theirs in voices[: options.of_fold]
        for case in of_speaker(options.clips, theirs, base, train, params)
    ]


def of_speaker(
    sizes: Sequence[int], theirs: Examples, base: Bundle, known: Examples, params: Params
) -> list[Case]:
    own = from_clips(params, "speaker")
    drawn = {
        size: choose_replay(theirs.rows, size, params.training.seed).index.to_numpy()
        for size in sizes
    }
    rest = theirs.take(np.setdiff1d(np.arange(len(theirs)), drawn[max(sizes)]))
    before = said(base, rest)
    cases = []
    for size, index in drawn.items():
        clips = theirs.take(index)
        held = hold_out(base, clips, known, own).comparison
        cases.append(
            Case(
                speaker=theirs.rows["speaker_id"].iloc[0],
                clips=size,
                truth=rest.targets(base.labels).numpy(),
                before=before,
                after=said(adapter_on(base, clips, known, own), rest),
                promoted=decide(held, held, own.promotion).promote,
            )
        )
    return cases


def said(bundle: Bundle, examples: Examples) -> Indices:
    return predict(bundle, examples).logits.argmax(axis=1)


def row(cases: Sequence[Case], classes: int) -> list[str]:
    truth, before, after, speakers = joined(cases)
    groups = clusters(speakers)
    promoted = [case for case in cases if case.promoted]
    return [
        str(len(cases)),
        str(len(truth)),
        *(str(score(truth, guess, classes, groups).uar) for guess in (before, after)),
        gain(cases, classes),
        f"{len(promoted)} of {len(cases)}",
        gain(promoted, classes) if promoted else "",
    ]


def gain(cases: Sequence[Case], classes: int) -> str:
    truth, before, after, speakers = joined(cases)
    found = uar_difference(truth, before, after, classes, clusters(speakers))
    return f"{found.value:+.3f} [{found.low:+.3f}, {found.high:+.3f}]"


def joined(cases: Sequence[Case]) -> tuple[Indices, Indices, Indices, list[str]]:
    truth, before, after = (
        np.concatenate([getattr(case, name) for case in cases])
        for name in ("truth", "before", "after")
    )
    return truth, before, after, [case.speaker for case in cases for _ in case.truth]
