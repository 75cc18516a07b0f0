import asyncio

import pytest

from monitoring.store import Store
from serving.access.policy import UsePolicy
from serving.forms import Utterance
from serving.refusal import RefusedError
from undertone.config import AccessParams
from undertone.use import PROTECTED, Basis, Purpose, Role


@pytest.fixture
def store(tmp_path):
    store = Store(f"sqlite:///{tmp_path / 'store.sqlite'}")
    yield store
    store.close()


def refusal(policy, utterance):
    with pytest.raises(RefusedError) as refused:
        asyncio.run(policy.require_allowed(utterance))
    return refused.value


def test_what_is_not_declared_is_named(store):
    policy = UsePolicy(store, AccessParams())
    for utterance, missing in (
        (Utterance(), "role and purpose"),
        (Utterance(role=Role.CALLER), "purpose"),
        (Utterance(purpose=Purpose.HEALTH), "role"),
    ):
        refused = refusal(policy, utterance)
        assert (refused.status, str(refused)) == (422, f"{missing} must be declared.")
        assert "customer" in refused.hint


def test_a_deployment_may_declare_for_its_callers(store):
    access = AccessParams(default_role=Role.VIEWER, default_purpose=Purpose.RESEARCH)
    policy = UsePolicy(store, access)
    declared = policy.declared(Utterance(text="hello", purpose=Purpose.HEALTH))
    assert (declared.text, declared.role, declared.purpose) == (
        "hello",
        Role.VIEWER,
        Purpose.HEALTH,
    )
    asyncio.run(policy.require_allowed(Utterance()))


@pytest.mark.parametrize("role", Role)
def test_the_protected_are_refused_until_a_basis_is_recorded(store, role):
    policy = UsePolicy(store, AccessParams())
    utterance = Utterance(role=role, purpose=Purpose.SAFETY)
    if role not in PROTECTED:
        asyncio.run(policy.require_allowed(utterance))
        return
    refused = refusal(policy, utterance)
    assert refused.status == 403
    assert "Article 5(1)(f)" in str(refused)
    store.allow_use(role, Purpose.SAFETY, Basis.SAFETY, "fatigue", by="officer")
    asyncio.run(policy.require_allowed(utterance))
    assert refusal(policy, Utterance(role=role, purpose=Purpose.HEALTH)).status == 403
    store.revoke_use(role, Purpose.SAFETY, by="officer")
    assert refusal(policy, utterance).status == 403
