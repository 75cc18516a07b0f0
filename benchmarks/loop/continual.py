"""Ways of learning one domain after the other without forgetting, side by side.

`generated`: studio, voices 0 to 29; then a telephone; then other voices; then mostly angry ones in
noise. `real` (where UNDERTONE_TEST_DATA names the corpora): EmoDB, then RAVDESS, of their six
shared emotions, in Whisper's frozen encoder. Whole speakers are held out of every domain; what is
remembered of earlier domains fits in the budget. ACC is the mean UAR over all domains in the end,
BWT and forgetting compare it with what each had reached, FWT is what a domain gains over chance
before it is learnt.
"""

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import process_time

import numpy as np
import torch
from safetensors.torch import save

from benchmarks.loop.found import Found
from benchmarks.parts import Figure
from undertone.bundle import Bundle, save_bundle
from undertone.config import Params, StrategyName, load_params
from undertone.continual.adapting import adapt
from undertone.continual.memory import remembered
from undertone.continual.replay import sizes_of
from undertone.continual.retraining import gather
from undertone.continual.strategies import STRATEGIES
from undertone.corpora import ingest
from undertone.evaluation.metrics import uar
from undertone.speech import hear
from undertone.training import load_examples, predict
from undertone.training.examples import Examples, labels_of
from undertone.training.learning import learn

SHARED = ("anger", "disgust", "fear", "happiness", "neutral", "sadness")
GENERATED = {
    "studio": (),
    "telephone": (
        "corpus.generated.clips=600",
        "corpus.generated.speakers=24",
        "corpus.generated.first_speaker=30",
        "corpus.generated.channel=telephone",
        "corpus.generated.seed=41",
    ),
    "voices": (
        "corpus.generated.clips=600",
        "corpus.generated.speakers=24",
        "corpus.generated.first_speaker=60",
        "corpus.generated.seed=42",
    ),
    "angry, noisy": (
        "corpus.generated.clips=600",
        "corpus.generated.speakers=24",
        "corpus.generated.first_speaker=90",
        "corpus.generated.channel=street",
        "corpus.generated.emotion_weights={anger: 4, happiness: 0.5}",
        "corpus.generated.seed=43",
    ),
}
REAL = {"EmoDB": "emodb", "RAVDESS": "ravdess"}
HEAD = [
    "way",
    "ACC",
    "BWT",
    "forgetting",
    "FWT",
    "of joint's ACC",
    "of joint's time",
    "remembered, MB",
    "trained weights",
]


@dataclass(frozen=True)
class Domain:
    """A corpus, its validation and test speakers held out."""

    name: str
    examples: Examples


@dataclass(frozen=True)
class Course:
    """What became of one sequence: UAR after each domain on each [T, T], and what it took."""

    reached: np.ndarray
    chance: float
    seconds: float
    megabytes: float
    trained: int

    @property
    def accuracy(self) -> float:
        return float(self.reached[-1].mean())

    def figures(self) -> tuple[float, float, float, float]:
        last, diagonal = self.reached[-1], np.diag(self.reached)
        ahead = np.diag(self.reached, 1) - self.chance
        lost = self.reached[:-1].max(axis=0)[:-1] - last[:-1]
        return self.accuracy, float((last - diagonal)[:-1].mean()), lost.mean(), ahead.mean()


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sequence", choices=("generated", "real"), default="generated")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=Path("outputs/continual"))
    parser.add_argument("--ways", nargs="*", default=list(STRATEGIES))
    parser.add_argument("--memory-mb", type=float, default=20.0)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")


def measure(options: argparse.Namespace) -> Found:
    torch.set_num_threads(1)
    profile = "base" if options.sequence == "real" else "demo"
    domains = prepare(options)
    courses: dict[str, list[Course]] = {way: [] for way in options.ways}
    for seed in range(options.seeds):
        params = load_params(
            profile=profile,
            overrides=[
                f"training.seed={seed}",
                f"continual.memory_mb={options.memory_mb}",
                *options.set,
            ],
        )
        folder = options.folder / options.sequence / f"champion-{seed}"
        champion = first_champion(folder, domains[0], params)
        for way in options.ways:
            courses[way].append(follow(way, champion, domains, params))
            print(seed, way, courses[way][-1], flush=True)
    names = " → ".join(domain.name for domain in domains)
    figures = [Figure(name="domains", value=names), Figure(name="seeds", value=str(options.seeds))]
    return Found([HEAD, *rows(courses)], figures, of=options.sequence)


def prepare(options: argparse.Namespace) -> list[Domain]:
    if options.sequence == "generated":
        return [
            _domain(options.folder / name.replace(" ", "-"), name, load_params(overrides=settings))
            for name, settings in GENERATED.items()
        ]
    data = Path(os.environ["UNDERTONE_TEST_DATA"])
    return [
        _domain(
            options.folder / corpus,
            name,
            load_params(
                profile="base",
                overrides=[
                    f"corpus.name={corpus}",
                    f"corpus.path={data / corpus}",
                    "listening.views=0",
                    "listening.transcribe=false",
                ],
            ),
        )
        for name, corpus in REAL.items()
    ]


def _domain(folder: Path, name: str, params: Params) -> Domain:
    corpus, heard = folder / "corpus", folder / "heard"
    if not corpus.exists():
        ingest(params, corpus)
    if not heard.exists():
        hear(corpus, params, heard)
    examples = load_examples(corpus, heard)
    if params.corpus.name != "generated":
        examples = examples.take(examples.rows["emotion"].isin(SHARED).to_numpy())
    return Domain(name, replace(examples, rows=examples.rows.assign(corpus=name)))


def first_champion(path: Path, domain: Domain, params: Params) -> Bundle:
    """A model of the first domain alone."""
    if not path.exists():
        train, validation = (domain.examples.of_split(split) for split in ("train", "validation"))
        bundle, _ = learn(train, validation, params, labels_of(train.rows))
        save_bundle(bundle, path)
    return Bundle.load(path)


def follow(
    way: StrategyName, champion: Bundle, domains: Sequence[Domain], params: Params
) -> Course:
    """Learn one domain after the other, and score after each on all."""
    chosen = params.continual.model_copy(update={"strategy": way})
    params = params.model_copy(update={"continual": chosen})
    tests = [domains[0].examples.of_split("test")]
    materials = [gather(domains[0].examples, domain.examples, params) for domain in domains[1:]]
    tests += [material.holdout for material in materials]
    bundle, known = champion, domains[0].examples
    reached, seconds, megabytes, trained = [scores(bundle, tests)], 0.0, 0.0, 0
    for domain in domains[1:]:
        material = gather(known, domain.examples, params)
        started = process_time()
        bundle = adapt(bundle, material, params)
        seconds += process_time() - started
        trained = bundle.info["trained_parameters"]
        reached.append(scores(bundle, tests))
        limited = STRATEGIES[way].rehearses == "some"
        megabytes = params.continual.memory_mb if limited else np.inf
        known = remembered(known, material, megabytes, params.training.seed)
        megabytes = _kept(known, bundle, way)
    chance = 1 / len(champion.labels)
    return Course(np.array(reached), chance, seconds, megabytes, trained)


def _kept(known: Examples, bundle: Bundle, way: StrategyName) -> float:
    if STRATEGIES[way].rehearses == "nothing":
        return len(save(bundle.importance)) / 1e6 if bundle.importance else 0.0
    return float(sizes_of(known.of_split("train")).sum()) / 1e6


def scores(bundle: Bundle, tests: Sequence[Examples]) -> list[float]:
    return [score(bundle, examples) for examples in tests]


def score(bundle: Bundle, examples: Examples) -> float:
    guess = predict(bundle, examples).logits.argmax(axis=1)
    return uar(examples.targets(bundle.labels), guess, len(bundle.labels))


def rows(courses: dict[str, list[Course]]) -> list[list[str]]:
    """A row a way: means over the seeds, and how far they spread."""
    ceiling = courses.get("joint", [])
    return [[way, *_row(of_seeds, ceiling)] for way, of_seeds in courses.items()]


def _row(courses: Sequence[Course], ceiling: Sequence[Course]) -> list[str]:
    figures = np.array([course.figures() for course in courses])
    spread = figures.mean(0), figures.std(0)
    told = [f"{mean:.3f} ± {deviation:.3f}" for mean, deviation in zip(*spread, strict=True)]
    accuracy = np.mean([course.accuracy for course in courses])
    seconds = np.mean([course.seconds for course in courses])
    relative = ["", ""]
    if ceiling:
        relative = [
            f"{100 * accuracy / np.mean([course.accuracy for course in ceiling]):.0f} %",
            f"{100 * seconds / np.mean([course.seconds for course in ceiling]):.0f} %",
        ]
    return [*told, *relative, f"{courses[0].megabytes:.1f}", f"{courses[0].trained:,}"]
