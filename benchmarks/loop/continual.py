"""Ways of learning a new domain without forgetting the old one, side by side.

Old domain: studio, voices 0 to 29, all emotions alike. New domain: telephone, voices 30 to 53,
mostly angry, about 210 labelled utterances to learn from. Run from the repository root:

    OMP_NUM_THREADS=1 python benchmarks/continual.py --seeds 3
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

import pandas as pd
import torch

from undertone.bundle import Bundle
from undertone.config import Params, load_params
from undertone.continual.adapting import adapt
from undertone.continual.retraining import Folders, gather
from undertone.corpora import ingest
from undertone.evaluation.metrics import uar
from undertone.speech import hear
from undertone.training import finetune, load_examples, predict
from undertone.training.examples import Examples

NEW = (
    "corpus.generated.clips=420",
    "corpus.generated.speakers=24",
    "corpus.generated.first_speaker=30",
    "corpus.generated.channel=telephone",
    "corpus.generated.emotion_weights={anger: 4, happiness: 0.5}",
    "corpus.generated.seed=41",
)
WAYS = {  # tuning, share of replay, whether the shift is ignored, blend
    "naive, everything": ("full", 0.0, False, 1.0),
    "naive, frozen encoder": ("frozen", 0.0, False, 1.0),
    "replay, everything": ("full", 0.5, False, 1.0),
    "LoRA": ("lora", 0.0, False, 1.0),
    "LoRA + replay": ("lora", 0.5, False, 1.0),
    "frozen encoder + replay": ("frozen", 0.8, False, 1.0),
    "… + shift ignored": ("frozen", 0.8, True, 1.0),
    "… + shift ignored + blend": ("frozen", 0.8, True, 0.5),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=Path("outputs/continual"))
    parser.add_argument("--ways", nargs="*", default=list(WAYS))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    old = prepare(arguments.folder / "old", ())
    new = prepare(arguments.folder / "new", NEW)
    rows = []
    for seed in range(arguments.seeds):
        champion = train_champion(arguments.folder / f"champion-{seed}", old, seed)
        rows += [try_way(way, champion, old, new, seed) for way in arguments.ways]
        print(summary(rows), flush=True)


def prepare(folder: Path, overrides: Sequence[str]) -> Folders:
    corpus, heard = folder / "corpus", folder / "heard"
    params = load_params(overrides=overrides)
    if not corpus.exists():
        ingest(params, corpus)
    if not heard.exists():
        hear(corpus, params, heard)
    return corpus, heard


def train_champion(path: Path, old: Folders, seed: int) -> Bundle:
    if not path.exists():
        finetune(*old, load_params(overrides=[f"training.seed={seed}"]), path)
    return Bundle.load(path)


def try_way(way: str, champion: Bundle, old: Folders, new: Folders, seed: int) -> dict[str, object]:
    params = settings(way, seed)
    known = load_examples(*old)
    material = gather(known, load_examples(*new), params)
    tests = {"old": load_examples(*old, split="test"), "new": material.holdout}
    before = {domain: score(champion, examples) for domain, examples in tests.items()}
    started = perf_counter()
    challenger = adapt(champion, material, params)
    seconds = perf_counter() - started
    after = {domain: score(challenger, examples) for domain, examples in tests.items()}
    return {
        "way": way,
        "seed": seed,
        "old before": before["old"],
        "old after": after["old"],
        "forgetting": before["old"] - after["old"],
        "new before": before["new"],
        "new after": after["new"],
        "gain": after["new"] - before["new"],
        "trainable": challenger.info["trained_parameters"],
        "seconds": seconds,
    }


def settings(way: str, seed: int) -> Params:
    tuning, replay, ignore, blend = WAYS[way]
    return load_params(
        overrides=[
            f"training.seed={seed}",
            f"continual.tuning={tuning}",
            f"continual.replay_share={replay}",
            f"continual.ignore_shift={ignore}",
            f"continual.blend={blend}",
        ]
    )


def score(bundle: Bundle, examples: Examples) -> float:
    guess = predict(bundle, examples).logits.argmax(axis=1)
    return uar(examples.targets(bundle.labels), guess, len(bundle.labels))


def summary(rows: list[dict[str, object]]) -> str:
    frame = pd.DataFrame(rows).drop(columns="seed")
    table = frame.groupby("way", sort=False).mean()
    spread = frame.groupby("way", sort=False)[["forgetting", "gain"]].std()
    table.insert(3, "± ", spread["forgetting"])
    table.insert(7, "±", spread["gain"])
    return table.to_string(float_format="{:.3f}".format)


if __name__ == "__main__":
    main()
