"""`python -m tools.whisper_demo.train --out FOLDER`: train, resume, export."""

import argparse
import math
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from tools.whisper_demo.batches import IGNORED, Batch, epoch
from tools.whisper_demo.examples import Example, training_examples
from tools.whisper_demo.export import export
from tools.whisper_demo.network import ToyWhisper
from tools.whisper_demo.vocabulary import Vocabulary, train_vocabulary
from undertone.files import replacing

PEAK_LEARNING_RATE = 2e-3
WARM_UP_STEPS = 200
HELD_SHARE = 0.3
BATCH_SIZE = 32
CHECKPOINT_SECONDS = 120
REPORT_STEPS = 100


@dataclass
class Progress:
    """How far training is, in steps and in CPU-seconds of its own work."""

    step: int = 0
    spent: float = 0.0


def main() -> None:
    """Train for a budget of CPU-seconds; a checkpoint in the work folder is taken up again."""
    arguments = _arguments()
    torch.set_num_threads(1)
    torch.manual_seed(arguments.seed)
    arguments.work.mkdir(parents=True, exist_ok=True)
    examples = _examples(arguments.work / "examples.npz", arguments.clips, arguments.seed)
    vocabulary = train_vocabulary(example.text for example in examples if example.text)
    model = ToyWhisper(vocabulary)
    fit(model, vocabulary, examples, arguments.budget, arguments.work / "checkpoint.pt")
    export(model, vocabulary, arguments.out)


def fit(
    model: ToyWhisper,
    vocabulary: Vocabulary,
    examples: list[Example],
    budget: float,
    checkpoint: Path,
) -> None:
    """Train until `budget` CPU-seconds are spent, checkpoints of earlier runs included."""
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=PEAK_LEARNING_RATE, betas=(0.9, 0.98), weight_decay=0.01
    )
    progress = _resumed(model, optimizer, checkpoint)
    rng = random.Random(progress.step)  # noqa: S311
    before, saved = time.process_time() - progress.spent, progress.spent
    model.train()
    for batch in _forever(examples, vocabulary, rng):
        progress.spent = time.process_time() - before
        if progress.spent >= budget:
            break
        for group in optimizer.param_groups:
            group["lr"] = _learning_rate(progress.step, progress.spent / budget)
        transcript, letters = _losses(model, batch)
        weight = 0.5 if progress.spent < budget / 2 else 0.2
        optimizer.zero_grad()
        torch.autograd.backward(transcript + weight * letters)
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        progress.step += 1
        if progress.step % REPORT_STEPS == 0:
            _report(progress, transcript, letters)
        if progress.spent - saved > CHECKPOINT_SECONDS:
            saved = progress.spent
            _save(model, optimizer, progress, checkpoint)
    _save(model, optimizer, progress, checkpoint)


def _losses(model: ToyWhisper, batch: Batch) -> tuple[Tensor, Tensor]:
    with torch.autocast("cpu", torch.bfloat16):
        states, scores = model.encode(batch.features, batch.padded)
        logits = model.decode(batch.inputs, states, scores)
    transcript = nn.functional.cross_entropy(
        logits.float().flatten(0, 1),
        batch.labels.flatten(),
        ignore_index=IGNORED,
        label_smoothing=0.05,
    )
    letters = nn.functional.ctc_loss(
        model.letters(states.float()).log_softmax(-1).transpose(0, 1),
        batch.letters,
        batch.positions,
        batch.letter_counts,
        zero_infinity=True,
    )
    return transcript, letters


def _learning_rate(step: int, share: float) -> float:
    """Warm up, hold, then fall along a cosine to a hundredth."""
    warm = min(1.0, (step + 1) / WARM_UP_STEPS)
    if share < HELD_SHARE:
        return PEAK_LEARNING_RATE * warm
    fallen = (share - HELD_SHARE) / (1 - HELD_SHARE)
    return PEAK_LEARNING_RATE * warm * (0.01 + 0.495 * (1 + math.cos(math.pi * fallen)))


def _forever(
    examples: list[Example], vocabulary: Vocabulary, rng: random.Random
) -> Iterator[Batch]:
    while True:
        yield from epoch(examples, vocabulary, BATCH_SIZE, rng)


def _resumed(model: nn.Module, optimizer: torch.optim.Optimizer, checkpoint: Path) -> Progress:
    if not checkpoint.is_file():
        return Progress()
    state = torch.load(checkpoint, weights_only=True)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    return Progress(**state["progress"])


def _save(
    model: nn.Module, optimizer: torch.optim.Optimizer, progress: Progress, checkpoint: Path
) -> None:
    with replacing(checkpoint) as aside:
        torch.save(
            {
                "model": model.state_dict(),
                "optimizer": optimizer.state_dict(),
                "progress": vars(progress),
            },
            aside,
        )


def _report(progress: Progress, transcript: Tensor, letters: Tensor) -> None:
    print(  # noqa: T201
        f"step {progress.step} cpu {progress.spent:.0f}s "
        f"transcript {transcript.item():.3f} letters {letters.item():.3f}",
        flush=True,
    )


def _examples(file: Path, clips: int, seed: int) -> list[Example]:
    """The training examples, kept in `file` for the next start."""
    if not file.is_file():
        made = training_examples(clips, seed)
        with replacing(file) as aside:
            np.savez(
                aside,
                features=np.concatenate([example.features for example in made], axis=1),
                lengths=[example.features.shape[1] for example in made],
                texts=[example.text for example in made],
            )
    with np.load(file, allow_pickle=False) as kept:
        pieces = np.split(kept["features"], np.cumsum(kept["lengths"])[:-1], axis=1)
        return [Example(*pair) for pair in zip(pieces, kept["texts"].tolist(), strict=True)]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder of the exported model")
    parser.add_argument("--work", type=Path, default=Path(".undertone/whisper-demo"))
    parser.add_argument("--clips", type=int, default=7000)
    parser.add_argument("--budget", type=float, default=1500.0, help="CPU-seconds")
    parser.add_argument("--seed", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    main()
