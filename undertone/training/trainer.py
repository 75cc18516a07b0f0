"""The Hugging Face Trainer, with light checkpoints and one learning rate for encoders."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch.optim import Optimizer
from transformers import (
    EarlyStoppingCallback,
    EvalPrediction,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)

from undertone.bundle import Bundle
from undertone.calibration import softmax
from undertone.config import TrainingParams
from undertone.evaluation.metrics import uar
from undertone.model.fused import FusedModel
from undertone.training.batches import Batches, as_is
from undertone.training.tuning import of_encoder

EVALUATION_BATCH = 256
LAYER_SCORES_RATE = 10.0
SELECTION = "selection"
SURPRISE_WEIGHT = 0.5


class LightTrainer(Trainer):
    """A Trainer whose checkpoints hold what is trained, not the frozen encoders beside it."""

    def __init__(
        self, network: FusedModel, *args: Any, encoder_learning_rate: float, **kwargs: Any
    ) -> None:
        super().__init__(network, *args, **kwargs)
        self.network = network
        self.encoder_learning_rate = encoder_learning_rate

    def create_optimizer(self, model: Any = None) -> Optimizer:  # noqa: ARG002
        """AdamW with the encoders' own learning rate; biases, norms and scalars do not decay."""
        rates = {
            "encoder": self.encoder_learning_rate,
            "scores": LAYER_SCORES_RATE * self.args.learning_rate,
            "other": self.args.learning_rate,
        }
        groups: dict[tuple[str, bool], list[torch.nn.Parameter]] = {}
        for name, parameter in self.network.named_parameters():
            if parameter.requires_grad:
                key = (_rate_of(name, self.network.config.text_from_scratch), parameter.dim() > 1)
                groups.setdefault(key, []).append(parameter)
        self.optimizer = torch.optim.AdamW(
            [
                {
                    "params": parameters,
                    "lr": rates[rate],
                    "weight_decay": self.args.weight_decay if decays else 0.0,
                }
                for (rate, decays), parameters in groups.items()
            ]
        )
        return self.optimizer

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
    bundle: Bundle,
    train: Batches,
    validation: Batches,
    params: TrainingParams,
    epochs: int,
    folder: Path,
    callbacks: list[TrainerCallback],
) -> LightTrainer:
    """A trainer that stops early, and ends with the weights that are best on validation.

    Best by UAR less half the log-loss: with few validation speakers many epochs have the same
    UAR, or differ by an utterance, and the log-loss tells which of them is surer and righter.

    Args:
        bundle: whose model is trained, in place.
        train: what it learns from.
        validation: what chooses the best epoch.
        params: rates, batch size, device, seed.
        epochs: how many at most.
        folder: for checkpoints.
        callbacks: progress and loggers.
    """
    on_gpu = device_of(params.device).type == "cuda"
    arguments = TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=epochs,
        per_device_train_batch_size=params.batch_size,
        per_device_eval_batch_size=EVALUATION_BATCH,
        learning_rate=params.learning_rate,
        weight_decay=params.weight_decay,
        warmup_steps=params.warmup_steps,
        lr_scheduler_type="cosine",
        eval_strategy="epoch",
        save_strategy="epoch",
        logging_strategy="epoch",
        save_total_limit=1,
        load_best_model_at_end=True,
        metric_for_best_model=SELECTION,
        greater_is_better=True,
        restore_callback_states_from_checkpoint=True,
        remove_unused_columns=False,
        label_names=["labels"],
        dataloader_pin_memory=on_gpu,
        use_cpu=not on_gpu,
        bf16=on_gpu,
        disable_tqdm=True,
        report_to="none",
        seed=params.seed,
    )
    classes = len(bundle.labels)
    trainer = LightTrainer(
        bundle.model,
        arguments,
        data_collator=as_is,
        train_dataset=train,
        eval_dataset=validation,
        compute_metrics=lambda predicted: _scores(predicted, classes),
        callbacks=[EarlyStoppingCallback(params.patience), *callbacks],
        encoder_learning_rate=params.encoder_learning_rate,
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def device_of(name: str) -> torch.device:
    """The device of a setting: `auto` is a GPU where there is one."""
    if name != "auto":
        return torch.device(name)
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def last_checkpoint(folder: Path) -> Path | None:
    """The latest checkpoint that was written to its end, or none."""
    whole = [file.parent for file in folder.glob("checkpoint-*/trainer_state.json")]
    return max(whole, key=lambda path: int(path.name.rpartition("-")[2]), default=None)


def _rate_of(name: str, text_from_scratch: bool) -> str:
    if name.startswith("text.encoder.") and text_from_scratch and ".lora_" not in name:
        return "other"
    if of_encoder(name):
        return "encoder"
    return "scores" if name == "acoustic.layer_scores" else "other"


def _scores(predicted: EvalPrediction, classes: int) -> dict[str, float]:
    logits, targets = np.asarray(predicted.predictions), np.asarray(predicted.label_ids)
    reached = uar(targets, logits.argmax(-1), classes)
    surprise = -np.log(softmax(logits)[np.arange(len(targets)), targets]).mean()
    return {"uar": reached, SELECTION: reached - SURPRISE_WEIGHT * float(surprise)}
