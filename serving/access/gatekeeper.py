"""Knows callers by their API key or token, and lets them do what that allows."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import NoReturn

from monitoring.store import ApiKeyRow, KeyRefusedError, Store
from monitoring.store.keys import PREFIX
from serving.access.routes import Scope
from serving.metrics import metrics
from serving.observability.current import current_request
from serving.refusal import RefusedError
from undertone.config import AccessParams

HOW = (
    "Send a key as 'Authorization: Bearer KEY' or 'X-API-Key: KEY'; "
    "an operator makes one with 'undertone keys create'."
)
OVER = {
    "rate": "This key has used up its requests of this minute.",
    "quota": "This key has used up its requests of today (UTC).",
}


@dataclass(frozen=True)
class Caller:
    """Someone who showed a key or token.

    Attributes:
        name: of the key, or of the program that the token was given to.
        scopes: what it allows.
        key: the key's row; None of a token.
    """

    name: str
    scopes: Collection[str]
    key: ApiKeyRow | None = None


class Gatekeeper:
    """Decides about one request. Blocks while the store is read.

    Args:
        access: the settings; keys are required unless they say otherwise.
    """

    def __init__(self, access: AccessParams) -> None:
        self._required = access.required is not False
        self._tokens = None
        if access.oidc:
            from serving.access.tokens import Tokens

            self._tokens = Tokens(access.oidc)

    def admit(self, credential: str | None, scope: Scope) -> None:
        """Let a caller do what `scope` stands for, and note its name.

        Raises:
            RefusedError: 401, 403 or 429.
        """
        if credential is None:
            if self._required:
                _deny("missing", RefusedError(401, "This address asks for a key or token.", HOW))
            return
        caller = self._recognise(credential)
        current_request().caller = caller.name
        if scope not in caller.scopes:
            held = ", ".join(caller.scopes) or "none"
            _deny("scope", RefusedError(403, f"This asks for scope '{scope}'; yours: {held}."))
        if caller.key:
            try:
                self._store.spend(caller.key)
            except KeyRefusedError as over:
                wait = over.retry_after_s
                hint = f"Try again in {wait:.0f} s."
                _deny(over.reason, RefusedError(429, OVER[over.reason], hint, retry_after_s=wait))

    @cached_property
    def _store(self) -> Store:
        return Store()

    def _recognise(self, credential: str) -> Caller:
        if self._tokens and not credential.startswith(PREFIX):
            try:
                return self._tokens.read(credential)
            except RefusedError as refusal:
                _deny("token", refusal)
        try:
            key = self._store.find_key(credential)
        except KeyRefusedError as refused:
            _deny(refused.reason, RefusedError(401, f"This key is {refused.reason}.", HOW))
        return Caller(key.name, key.scopes, key)


def _deny(reason: str, refusal: RefusedError) -> NoReturn:
    metrics().denials.labels(reason).inc()
    raise refusal
