"""Registered models as predictors; adapters stand together on the weights they were trained on."""

import logging
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Protocol
from weakref import WeakValueDictionary

from serving.registry import RegisteredModel, Registry
from undertone.config import Params
from undertone.errors import RegistryError, UndertoneError
from undertone.prediction import Prediction
from undertone.query import Query

if TYPE_CHECKING:
    from undertone.inference import Prepared

logger = logging.getLogger("undertone.serving")


class Predictor(Protocol):
    """What the service needs of a model."""

    @property
    def shared(self) -> object:
        """What computes. Predictors that share it may answer each other's queries."""
        ...

    def prepare(self, query: Query) -> "Prepared":
        """Decode, clean and look, before the model is run. One thread calls it at a time."""
        ...

    def answer(self, queries: "Sequence[Prepared]") -> list[Prediction | UndertoneError]:
        """The emotion of each utterance, or why there is none. Callers take turns."""
        ...


class Loader(Protocol):
    """Makes a predictor of a bundle: of the whole, or of its adapter `onto` another predictor."""

    def __call__(self, bundle: Path, params: Params, onto: Predictor | None = None) -> Predictor:
        """See `load_predictor`."""
        ...


def load_predictor(bundle: Path, params: Params, onto: Predictor | None = None) -> Predictor:
    """Load a bundle to compute on one thread: two on a busy machine are slower than one.

    Args:
        bundle: the folder.
        params: the run's settings.
        onto: a predictor on whose weights the bundle's adapter was trained, to share them.

    Raises:
        ModelError: the bundle cannot be used, or does not answer as when it was trained.
    """
    import torch

    from undertone.inference import Predictor as FusedPredictor
    from undertone.inference.known import require_known

    torch.set_num_threads(1)
    if isinstance(onto, FusedPredictor):
        predictor = onto.adapted(bundle)
    else:
        engine = params.serving.engine or params.listening.engine
        listening = params.listening.model_copy(update={"engine": engine})
        served = params.model_copy(update={"listening": listening})
        predictor = FusedPredictor.load(bundle, served)
    require_known(predictor)
    return predictor


class Models:
    """Loads registered models, and the weights that several adapters stand on only once.

    Args:
        registry: tells where they lie, and which model each was trained from.
        loader: makes predictors.
        params: for the loader.
    """

    def __init__(self, registry: Registry, loader: Loader, params: Params) -> None:
        self._registry = registry
        self._loader = loader
        self._params = params
        self._whole: WeakValueDictionary[str, Predictor] = WeakValueDictionary()
        self._loading = Lock()

    def load(self, model: RegisteredModel) -> Predictor:
        """A predictor of a registered model.

        One with an adapter shares the weights of the model that it was trained from, as long as
        that is registered.

        Raises:
            ModelError: its bundle cannot be used.
        """
        with self._loading:
            if (base := self._base(model)) is not None:
                return self._loader(model.bundle, self._params, self._load_whole(base))
            return self._load_whole(model)

    def _base(self, model: RegisteredModel) -> RegisteredModel | None:
        parent = model.lineage.get("parent")
        if not parent:
            return None
        from undertone.bundle import ADAPTER

        if not (model.bundle / ADAPTER).is_file():
            return None
        try:
            return self._registry.show(parent)
        except RegistryError:
            logger.warning("%s is loaded whole: %s is gone", model.tag, parent)
            return None

    def _load_whole(self, model: RegisteredModel) -> Predictor:
        found = self._whole.get(model.tag)
        if found is None:
            found = self._loader(model.bundle, self._params)
            self._whole[model.tag] = found
        return found
