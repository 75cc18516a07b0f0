"""What keeps a model near to what it was, beside or in place of rehearsing."""

import copy

import torch
from torch import Tensor
from torch.nn.functional import kl_div, log_softmax, softmax

from undertone.bundle import Bundle
from undertone.config import AudioParams
from undertone.model.fused import FusedModel, FusedOutput
from undertone.training.batches import batches_of
from undertone.training.examples import Examples
from undertone.training.sources import Inputs
from undertone.training.tuning import tuned

MOST_FOR_FISHER = 300
TEMPERATURE = 2.0
SEED = 17

Importance = dict[str, Tensor]


class ElasticWeights:
    """Elastic weight consolidation: weights that mattered are held the faster.

    Kirkpatrick et al., 2017, "Overcoming catastrophic forgetting in neural networks", arXiv
    1612.00796; importance adds up over domains as in Schwarz et al., 2018, arXiv 1805.06370.

    Args:
        model: as it was.
        importance: of its weights, by name.
        weight: of the penalty.
    """

    def __init__(self, model: FusedModel, importance: Importance, weight: float) -> None:
        self._known = {
            name: parameter.detach().clone()
            for name, parameter in model.named_parameters()
            if name in importance
        }
        self._importance = importance
        self._weight = weight

    def __call__(self, model: FusedModel, _inputs: Inputs, output: FusedOutput) -> Tensor:
        """Half the weighted sum of squared moves."""
        moved = [
            (self._importance[name] * (parameter - self._known[name]).square()).sum()
            for name, parameter in model.named_parameters()
            if name in self._known and parameter.requires_grad
        ]
        nothing = output.logits.new_zeros(()) if output.logits is not None else torch.zeros(())
        return self._weight / 2 * sum(moved, start=nothing)


class Distillation:
    """Learning without forgetting: on the new domain the model still says what it said before.

    Li and Hoiem, 2016, "Learning without Forgetting", arXiv 1606.09282.

    Args:
        model: as it was.
        weight: of the penalty.
    """

    def __init__(self, model: FusedModel, weight: float) -> None:
        self._teacher = copy.deepcopy(model).train(mode=False)
        self._weight = weight

    def __call__(self, _model: FusedModel, inputs: Inputs, output: FusedOutput) -> Tensor:
        """Softened divergence from the teacher's answers."""
        with torch.no_grad():
            wanted = self._teacher(**{k: v for k, v in inputs.items() if k != "labels"}).logits
        if output.logits is None:
            raise TypeError("The model gave no logits.")
        said = log_softmax(output.logits / TEMPERATURE, dim=-1)
        divergence = kl_div(said, softmax(wanted / TEMPERATURE, dim=-1), reduction="batchmean")
        return self._weight * TEMPERATURE**2 * divergence


def importance_of(bundle: Bundle, examples: Examples, audio: AudioParams) -> Importance:
    """How much a model's answers on these examples hang on each weight: the diagonal Fisher.

    The empirical one, of `MOST_FOR_FISHER` examples at most. Encoders that were pretrained, which
    are not trained on, are left out.

    Args:
        bundle: the model.
        examples: labelled utterances.
        audio: how recordings are cleaned.
    """
    rng = torch.Generator().manual_seed(SEED)
    chosen = torch.randperm(len(examples), generator=rng)[:MOST_FOR_FISHER]
    model = copy.deepcopy(bundle.model).train(mode=False)
    batches = batches_of(bundle, examples, audio)
    with tuned(model, "frozen", rank=0):
        weights = {name: each for name, each in model.named_parameters() if each.requires_grad}
        importance = {name: torch.zeros_like(weight) for name, weight in weights.items()}
        for inputs in batches.in_order(chosen, 1):
            model.zero_grad()
            model(**inputs).loss.backward()
            for name, weight in weights.items():
                if weight.grad is not None:
                    importance[name] += weight.grad.square() / len(chosen)
    return importance
