"""The Hugging Face Trainer, with light checkpoints and one learning rate for encoders."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.optim import Optimizer
from torch.utils.data import DataLoader
from transformers import (
    EarlyStoppingCallback,
    EvalPrediction,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)
from transformers.trainer_pt_utils import LengthGroupedSampler

from undertone.calibration import softmax
from undertone.config import Score, SelectBy, TrainingParams
from undertone.evaluation.metrics import confusion, macro_f1_of, uar_of, weighted_f1_of
from undertone.model.fused import FusedModel, FusedOutput
from undertone.shards.order import Streamed
from undertone.training.batches import Batches, as_is
from undertone.training.sources import Inputs
from undertone.training.tuning import of_encoder

EVALUATION_BATCH = 256
CHECKPOINTING = (  # under the name that this version of transformers has for it
    "activation_checkpointing"
    if hasattr(TrainingArguments, "activation_checkpointing")
    else "gradient_checkpointing"
)

Penalty = Callable[[FusedModel, Inputs, FusedOutput], Tensor]
SELECTION = "selection"
SURPRISE_WEIGHT = 0.5


class Grouped(LengthGroupedSampler):
    """Batches of like length, in an order that the seed and the epoch alone decide."""

    def __init__(self, size: int, lengths: list[int], seed: int) -> None:
        super().__init__(size, lengths=lengths, generator=torch.Generator())
        self.seed = seed

    def set_epoch(self, epoch: int) -> None:
        """Take the order of an epoch."""
        self.generator.manual_seed(self.seed + epoch)


class LightTrainer(Trainer):
    """A Trainer whose checkpoints hold what is trained, not the frozen encoders beside it."""

    def __init__(
        self, network: FusedModel, *args: Any, encoder_learning_rate: float, **kwargs: Any
    ) -> None:
        self.grouped = kwargs.pop("group_by_length")
        self.shard_window: int = kwargs.pop("shard_window")
        self.penalty: Penalty | None = kwargs.pop("penalty")
        super().__init__(network, *args, **kwargs)
        self.network = network
        self.encoder_learning_rate = encoder_learning_rate

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Any = None,
    ) -> Any:
        """The model's own loss and, while it is trained, the penalty."""
        loss, output = super().compute_loss(model, inputs, True, num_items_in_batch)
        if self.penalty and self.network.training:
            loss = loss + self.penalty(self.network, inputs, output)
        return (loss, output) if return_outputs else loss

    def create_optimizer(self, model: Any = None) -> Optimizer:  # noqa: ARG002
        """AdamW with the encoders' own learning rate; biases, norms and scalars do not decay."""
        groups: dict[tuple[bool, bool], list[torch.nn.Parameter]] = {}
        for name, parameter in self.network.named_parameters():
            if parameter.requires_grad:
                pretrained = _pretrained(name, self.network.config.text_from_scratch)
                groups.setdefault((pretrained, parameter.dim() > 1), []).append(parameter)
        own, heads = self.encoder_learning_rate, self.args.learning_rate
        self.optimizer = torch.optim.AdamW(
            [
                {
                    "params": parameters,
                    "lr": own if pretrained else heads,
                    "weight_decay": self.args.weight_decay if decays else 0.0,
                }
                for (pretrained, decays), parameters in groups.items()
            ],
            fused=True,
        )
        return self.optimizer

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        batches: Any = train_dataset or self.train_dataset
        if placement := batches.placement():
            return Streamed(placement, self.shard_window, self.args.seed)
        grouped = self._grouped(batches, self.args.train_batch_size)
        return grouped or super()._get_train_sampler(batches)

    def get_train_dataloader(self) -> DataLoader[Inputs]:
        """Batches to learn from; where processes share them, whole ones alone.

        So none waits for another that has none left. What is left out is new in each epoch.
        """
        self.args.dataloader_drop_last = self.args.world_size > 1
        try:
            return super().get_train_dataloader()
        finally:
            self.args.dataloader_drop_last = False

    def _get_eval_sampler(self, eval_dataset: Any) -> Any:
        grouped = self._grouped(eval_dataset, EVALUATION_BATCH)
        return grouped or super()._get_eval_sampler(eval_dataset)

    def _grouped(self, batches: Any, size: int) -> LengthGroupedSampler | None:
        """Batches of texts of like length, which need little padding.

        None where not asked for, or where they are read from shards.
        """
        lengths = batches.lengths() if self.grouped and not batches.placement() else None
        return Grouped(size, lengths, self.args.seed) if lengths else None

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:  # noqa: ARG002
        folder = Path(output_dir or str(self.args.output_dir))
        folder.mkdir(parents=True, exist_ok=True)
        trained = {
            name: parameter.detach().contiguous()
            for name, parameter in self.network.named_parameters()
            if parameter.requires_grad
        }
        save_file(trained, folder / "model.safetensors")

    def _issue_warnings_after_load(self, load_result: Any) -> None:
        """Say nothing of the weights that a light checkpoint leaves out."""


def trainer_for(
    model: FusedModel,
    train: Batches,
    validation: Batches | None,
    params: TrainingParams,
    epochs: int,
    folder: Path,
    callbacks: list[TrainerCallback],
    penalty: Penalty | None = None,
) -> LightTrainer:
    """A trainer that stops early, and ends with the weights that are best on validation.

    Without validation, or where `select_by` is `last`, it trains to the end.

    Best by `select_by`; a UAR less half the log-loss: with few validation speakers many epochs
    have the same UAR, or differ by an utterance, and the log-loss tells which of them is surer
    and righter.

    Started in one of several processes, it is given its share of each batch, and the validation
    examples that all of them went through.

    Args:
        model: is trained in place.
        train: what it learns from.
        validation: what chooses the best epoch.
        params: rates, batch size, device, seed.
        epochs: how many at most.
        folder: for checkpoints.
        callbacks: progress and loggers.
        penalty: added to the loss.
    """
    on_gpu = device_of(params.device).type == "cuda"
    ranks = int(os.environ.get("WORLD_SIZE", "1"))
    largest = EVALUATION_BATCH if validation is None else min(EVALUATION_BATCH, len(validation))
    when = "no" if validation is None else "epoch"
    chooses = validation is not None and params.select_by != "last"
    recomputed: dict[str, Any] = {CHECKPOINTING: params.gradient_checkpointing}
    stopping = [EarlyStoppingCallback(params.patience)] if chooses else []
    arguments = TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=epochs,
        per_device_train_batch_size=params.batch_size // params.gradient_accumulation,
        per_device_eval_batch_size=-(-largest // ranks) * ranks,
        gradient_accumulation_steps=params.gradient_accumulation,
        accelerator_config={"split_batches": True},
        ddp_find_unused_parameters=True,
        dataloader_num_workers=params.loader_workers,
        learning_rate=params.learning_rate,
        weight_decay=params.weight_decay,
        warmup_steps=params.warmup_steps,
        lr_scheduler_type="cosine",
        eval_strategy=when,
        save_strategy=when,
        logging_strategy="epoch",
        save_total_limit=1,
        load_best_model_at_end=chooses,
        metric_for_best_model=SELECTION if chooses else None,
        greater_is_better=True,
        restore_callback_states_from_checkpoint=True,
        remove_unused_columns=False,
        label_names=["labels"],
        dataloader_pin_memory=on_gpu,
        use_cpu=not on_gpu,
        bf16=_bfloat16(params.bfloat16, on_gpu=on_gpu),
        disable_tqdm=True,
        report_to="none",
        seed=params.seed,
        data_seed=params.seed,
        **recomputed,
    )
    if arguments.n_gpu > 1:
        arguments._n_gpu = 1  # else all GPUs would be taken by threads of this one process
    classes = len(model.config.labels)
    trainer = LightTrainer(
        model,
        arguments,
        data_collator=as_is,
        train_dataset=train,
        eval_dataset=validation,
        compute_metrics=lambda predicted: _scores(predicted, classes, params.select_by),
        callbacks=[*stopping, *callbacks],
        encoder_learning_rate=params.encoder_learning_rate,
        group_by_length=params.group_by_length,
        shard_window=params.shard_window,
        penalty=penalty,
    )
    trainer.remove_callback(PrinterCallback)
    if ranks > 1:
        torch.manual_seed(params.seed + arguments.process_index)
    return trainer


def device_of(name: str) -> torch.device:
    """The device of a setting: `auto` is a GPU where there is one."""
    if name != "auto":
        return torch.device(name)
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _bfloat16(asked: bool | Literal["auto"], *, on_gpu: bool) -> bool:
    return on_gpu and torch.cuda.is_bf16_supported() if asked == "auto" else asked


def last_checkpoint(folder: Path, processes: int = 1) -> Path | None:
    """The latest checkpoint that all processes wrote to its end, or none."""
    told = [file.parent for file in folder.glob("checkpoint-*/trainer_state.json")]
    whole = [path for path in told if len(list(path.glob("rng_state*.pth"))) == processes]
    return max(whole, key=lambda path: int(path.name.rpartition("-")[2]), default=None)


def _pretrained(name: str, text_from_scratch: bool) -> bool:
    """Whether a trained parameter is a pretrained encoder's, or an adapter's beside it."""
    fresh = text_from_scratch and name.startswith("text.encoder.") and ".lora_" not in name
    return of_encoder(name) and not fresh


def _scores(predicted: EvalPrediction, classes: int, select_by: SelectBy) -> dict[str, float]:
    logits, targets = np.asarray(predicted.predictions), np.asarray(predicted.label_ids)
    counts = confusion(targets, logits.argmax(-1), classes)
    scores: dict[str, float] = {name: float(score(counts)) for name, score in _SCORES.items()}
    if select_by == "last":
        return scores
    surprise = -np.log(softmax(logits)[np.arange(len(targets)), targets]).mean()
    weight = SURPRISE_WEIGHT if select_by == "uar" else 0.0
    return scores | {SELECTION: scores[select_by] - weight * float(surprise)}


_SCORES: dict[Score, Callable[[npt.NDArray[np.generic]], npt.NDArray[np.float64]]] = {
    "uar": uar_of,
    "macro_f1": macro_f1_of,
    "weighted_f1": weighted_f1_of,
}
