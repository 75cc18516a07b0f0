"""Permissions that need a medical or safety basis."""

import pytest

from monitoring.store import ConflictError, NotFoundError
from undertone.errors import UndertoneError
from undertone.use import COVERED, PROTECTED, Basis, Purpose, Role, choose

DRIVERS = (Role.EMPLOYEE, Purpose.SAFETY)


def test_a_use_is_allowed_until_it_is_revoked(store):
    assert not store.is_use_allowed(*DRIVERS)
    store.allow_use(*DRIVERS, Basis.SAFETY, "fatigue of tram drivers", by="officer")
    assert store.is_use_allowed(*DRIVERS)
    assert not store.is_use_allowed(Role.EMPLOYEE, Purpose.RESEARCH)
    assert not store.is_use_allowed(Role.PUPIL, Purpose.SAFETY)
    with pytest.raises(ConflictError):
        store.allow_use(*DRIVERS, Basis.SAFETY, "again", by="officer")
    store.revoke_use(*DRIVERS, by="works council")
    assert not store.is_use_allowed(*DRIVERS)
    with pytest.raises(NotFoundError):
        store.revoke_use(*DRIVERS, by="works council")


def test_what_was_done_stays_on_record(store):
    for _ in range(2):
        store.allow_use(*DRIVERS, Basis.SAFETY, "fatigue", by="officer")
        store.revoke_use(*DRIVERS, by="works council")
    assert len(store.use_permissions()) == 2
    assert all(permission.revoked_at for permission in store.use_permissions())
    assert [act.action for act in store.audit()] == ["use allowed", "use revoked"] * 2
    assert store.audit()[0].details["reason"] == "fatigue"


@pytest.mark.parametrize(
    ("role", "purpose", "basis", "said"),
    [
        (Role.CUSTOMER, Purpose.SAFETY, Basis.SAFETY, "without a basis"),
        (Role.AGENT, Purpose.SERVICE_QUALITY, Basis.SAFETY, "does not cover"),
        (Role.PUPIL, Purpose.EDUCATION, Basis.MEDICAL, "does not cover"),
    ],
)
def test_a_basis_covers_what_it_is_for(store, role, purpose, basis, said):
    with pytest.raises(UndertoneError, match=said):
        store.allow_use(role, purpose, basis, "because", by="me")
    assert store.use_permissions() == []


def test_every_basis_covers_something_and_not_all():
    assert set(COVERED) == set(Basis)
    assert not any(Purpose.SERVICE_QUALITY in purposes for purposes in COVERED.values())
    assert set(Role) > PROTECTED


def test_words_are_chosen_from_a_list():
    assert choose(Role, " Agent ", "role") is Role.AGENT
    with pytest.raises(UndertoneError, match=r"role must be one of customer, .* not 'king'"):
        choose(Role, "king", "role")
