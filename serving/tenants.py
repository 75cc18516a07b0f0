"""Tenants that have a model of their own."""

from contextlib import suppress

from serving.champion import Loaded, Loader, ModelHolder
from serving.registry import OF_TENANT, Registry
from serving.repeating import Repeating
from undertone.config import Params
from undertone.errors import StoreError


class Tenants(Repeating):
    """Holds the models of tenants, each followed and swapped as the champion is.

    Args:
        registry: tells which tenants have one.
        loader: makes a predictor of a bundle.
        params: for the loader; `serving.poll_seconds` is how often new tenants are looked for.
    """

    def __init__(self, registry: Registry, loader: Loader, params: Params) -> None:
        super().__init__("tenants", self._look, params.serving.poll_seconds)
        self._registry = registry
        self._loader = loader
        self._params = params
        self._holders: dict[str, ModelHolder] = {}

    def stop(self) -> None:
        """Follow none of them any more."""
        super().stop()
        for holder in self._holders.values():
            holder.stop()

    def model_of(self, tenant: str) -> Loaded | None:
        """The tenant's own model; none while it has none that answers."""
        holder = self._holders.get(tenant)
        return holder.current if holder else None

    def _look(self) -> None:
        with suppress(StoreError):  # the champion's holder tells of it
            for tenant in self._registry.tenants() - self._holders.keys():
                pointer = OF_TENANT + tenant
                holder = ModelHolder(pointer, self._registry, self._loader, self._params)
                holder.start()
                self._holders[tenant] = holder
