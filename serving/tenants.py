"""Tenants that have a model of their own."""

from contextlib import suppress

from serving.champion import Loaded, ModelHolder
from serving.models import Models
from serving.registry import OF_TENANT, Registry
from serving.repeating import Repeating
from undertone.errors import StoreError


class Tenants(Repeating):
    """Holds the models of tenants, each followed and swapped as the champion is.

    Args:
        registry: tells which tenants have one.
        models: loads them.
        poll_s: how often new tenants and new models are looked for.
    """

    def __init__(self, registry: Registry, models: Models, poll_s: float) -> None:
        super().__init__("tenants", self._look, poll_s)
        self._registry = registry
        self._models = models
        self._poll_s = poll_s
        self._holders: dict[str, ModelHolder] = {}

    def stop(self) -> None:
        """Follow none of them any more."""
        super().stop()
        for holder in self._holders.values():
            holder.stop()

    def model_of(self, tenant: str) -> Loaded | None:
        """The tenant's own model; none while it has none that answers.

        Args:
            tenant: its name; for a scenario of its own, `NAME/SCENARIO`, that scenario's model
                comes first.
        """
        for name in (tenant, tenant.partition("/")[0]):
            holder = self._holders.get(name)
            if holder and holder.current:
                return holder.current
        return None

    def _look(self) -> None:
        with suppress(StoreError):  # the champion's holder tells of it
            for tenant in self._registry.tenants() - self._holders.keys():
                pointer = OF_TENANT + tenant
                holder = ModelHolder(pointer, self._registry, self._models, self._poll_s)
                holder.start()
                self._holders[tenant] = holder
