"""Whose emotions are inferred for what: nothing undeclared, nothing that the law prohibits."""

import asyncio
from dataclasses import replace

from monitoring.store import Store
from serving.forms import Utterance
from serving.refusal import RefusedError
from undertone.config import AccessParams
from undertone.use import PROTECTED, Purpose, Role


class UsePolicy:
    """Decides about utterances, whichever door they came in by.

    Args:
        store: holds the bases that the operator recorded.
        access: may hold a role and a purpose that count where a caller names none.
    """

    def __init__(self, store: Store, access: AccessParams) -> None:
        self._store = store
        self._access = access

    def declared(self, utterance: Utterance) -> Utterance:
        """The utterance with its role and purpose, its caller's or those of the settings.

        Raises:
            RefusedError: 422, one of them is not declared.
        """
        role, purpose = self._use(utterance)
        return replace(utterance, role=role, purpose=purpose)

    async def require_allowed(self, utterance: Utterance) -> None:
        """Refuse what may not be inferred.

        Raises:
            RefusedError: 422, role or purpose is not declared; 403, the role is protected and no
                medical or safety basis is on record.
        """
        role, purpose = self._use(utterance)
        if role not in PROTECTED:
            return
        if not await asyncio.to_thread(self._store.is_use_allowed, role, purpose):
            raise RefusedError(
                403,
                "The emotions of people at work or in education are not inferred "
                f"(role {role}, purpose {purpose}): AI Act, Article 5(1)(f).",
                "Only an operator with a medical or safety basis may allow it: "
                "undertone policy allow --help.",
            )

    def _use(self, utterance: Utterance) -> tuple[Role, Purpose]:
        role = utterance.role or self._access.default_role
        purpose = utterance.purpose or self._access.default_purpose
        if role and purpose:
            return role, purpose
        missing = [name for name, value in (("role", role), ("purpose", purpose)) if not value]
        raise RefusedError(
            422,
            f"{' and '.join(missing)} must be declared.",
            f"role: {', '.join(Role)}. purpose: {', '.join(Purpose)}.",
        )
