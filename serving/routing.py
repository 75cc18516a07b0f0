"""Which model answers an utterance, and which one only looks on."""

import hashlib
from dataclasses import dataclass

from serving.champion import Loaded, ModelHolder
from serving.refusal import RefusedError
from serving.tenants import Tenants
from undertone.config import ServingParams


@dataclass(frozen=True)
class Route:
    """The model that answers, and the one whose answer is only compared with it."""

    answers: Loaded
    looks_on: Loaded | None = None


class Router:
    """Sends a share of the conversations to the challenger, or lets it look on.

    Args:
        champion: answers.
        challenger: answers `serving.canary_share` of them, and looks on at `serving.shadow_share`
            of them; none where both are 0.
        tenants: answer their own.
        params: the shares.
    """

    def __init__(
        self,
        champion: ModelHolder,
        challenger: ModelHolder | None,
        tenants: Tenants,
        params: ServingParams,
    ) -> None:
        self._champion = champion
        self._challenger = challenger
        self._tenants = tenants
        self._canary = params.canary_share
        self._shadow = params.shadow_share

    def route(self, conversation: str, tenant: str | None = None) -> Route:
        """The models of a conversation; the same for all of it, as long as they stay.

        Args:
            conversation: its name.
            tenant: whose it is.

        Raises:
            RefusedError: no champion is loaded.
        """
        champion = self._champion.current
        if champion is None:
            raise RefusedError(503)
        if tenant and (own := self._tenants.model_of(tenant)):
            return Route(own)
        challenger = self._challenger.current if self._challenger else None
        if challenger is None or challenger.model.tag == champion.model.tag:
            return Route(champion)
        place = _place(conversation)
        if place < self._canary:
            return Route(challenger)
        if place < self._canary + self._shadow:
            return Route(champion, challenger)
        return Route(champion)


def _place(conversation: str) -> float:
    """A number in [0, 1) that follows from a conversation's name."""
    digest = hashlib.sha256(conversation.encode(errors="replace")).digest()
    return int.from_bytes(digest[:8]) / 2**64
