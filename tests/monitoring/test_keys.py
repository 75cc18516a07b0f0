"""API keys in the store."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from monitoring.store import ApiKeyRow, ConflictError, KeyRefusedError, NotFoundError
from monitoring.store import keys as keys_module
from monitoring.store.keys import _count

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def clock(monkeypatch):
    """Sets the time that keys see."""

    def set_to(moment):
        monkeypatch.setattr(keys_module, "now", lambda: moment)

    set_to(NOON)
    return set_to


def refusal(store, key):
    with pytest.raises(KeyRefusedError) as refused:
        store.spend(store.find_key(key))
    return refused.value


def test_a_key_is_found_and_its_secret_is_nowhere(store):
    key = store.create_key("web", ["predict", "feedback"], by="me")
    row = store.find_key(key)
    assert (row.name, row.scopes) == ("web", ["predict", "feedback"])
    with store._engine.connect() as connection:
        kept = str(connection.execute(text("select * from api_keys")).all())
        kept += str(connection.execute(text("select * from audit")).all())
    secret = key.split("_", 2)[2]
    assert len(secret) >= 20
    assert secret not in kept


@pytest.mark.parametrize("spoil", [str.swapcase, lambda key: key[:-1], lambda key: "", str.upper])
def test_anything_else_is_unknown(store, spoil):
    key = store.create_key("web", ["predict"], by="me")
    assert refusal(store, spoil(key)).reason == "unknown"


def test_names_are_not_reused(store):
    store.create_key("web", ["predict"], by="me")
    store.revoke_key("web", by="me")
    for taken in ("web", "the shell"):
        with pytest.raises(ConflictError, match="another name"):
            store.create_key(taken, ["predict"], by="me")


def test_a_revoked_key_opens_nothing(store):
    key = store.create_key("web", ["predict"], by="me")
    for _ in range(2):
        store.revoke_key("web", by="you")
    assert refusal(store, key).reason == "revoked"
    assert [(act.action, act.by) for act in store.audit()] == [
        ("key created", "me"),
        ("key revoked", "you"),
    ]
    with pytest.raises(NotFoundError):
        store.revoke_key("wbe", by="me")


def test_a_key_expires(store, clock):
    key = store.create_key("web", ["predict"], lifetime=timedelta(days=1), by="me")
    store.find_key(key)
    clock(NOON + timedelta(days=1))
    assert refusal(store, key).reason == "expired"
    assert store.api_keys()[0].columns()[2] == "expired"


def test_over_its_rate_it_is_told_when_to_come_back(store, clock):
    key = store.create_key("web", ["predict"], rate_per_minute=2, by="me")
    for _ in range(2):
        store.spend(store.find_key(key))
    refused = refusal(store, key)
    assert (refused.reason, refused.retry_after_s) == ("rate", 30)
    clock(NOON + timedelta(seconds=30))
    store.spend(store.find_key(key))
    assert refusal(store, key).reason == "rate"


def test_a_quota_begins_again_at_midnight(store, clock):
    key = store.create_key("web", ["predict"], quota_per_day=3, by="me")
    for _ in range(3):
        store.spend(store.find_key(key))
    refused = refusal(store, key)
    assert (refused.reason, refused.retry_after_s) == ("quota", 12 * 3600)
    clock(NOON + timedelta(hours=12))
    store.spend(store.find_key(key))


def test_use_is_noted_once_a_minute_where_nothing_is_counted(store, clock):
    key = store.create_key("web", ["predict"], by="me")
    for seconds, noted in ((0, 0), (59, 0), (60, 60)):
        clock(NOON + timedelta(seconds=seconds))
        store.spend(store.find_key(key))
        assert store.find_key(key).last_used_at == NOON + timedelta(seconds=noted)


@given(
    st.integers(1, 50),
    st.lists(st.floats(0, 40), min_size=1, max_size=200),
)
def test_no_minute_sees_more_than_twice_the_rate(rate, pauses):
    row = ApiKeyRow(rate_per_minute=rate, quota_per_day=None, used=0, due_at=None)
    moment, admitted = NOON, []
    for pause in pauses:
        moment += timedelta(seconds=pause / rate)
        try:
            _count(row, moment)
        except KeyRefusedError as refused:
            assert 0 < refused.retry_after_s <= 60
        else:
            admitted.append(moment)
    for start in admitted:
        within = [one for one in admitted if start <= one < start + timedelta(minutes=1)]
        assert len(within) <= 2 * rate
