from datetime import UTC, datetime, timedelta

import pytest
from observed import make_prediction

from monitoring.lineage import ASKED, Node, chain
from monitoring.store import ConflictError, NotFoundError, Store, VerdictRow
from monitoring.trigger import claim
from undertone.config import ContinualParams, FeedbackParams, Params, TriggerParams

LABELS = ContinualParams(min_labels=2)
TRUSTED = FeedbackParams(trusted=("agent",))
PARAMS = Params(continual=LABELS, trigger=TriggerParams(cooldown_hours=0), feedback=TRUSTED)
START = datetime(2026, 3, 1, tzinfo=UTC)


def crown(store: Store, number: int, **origin: str) -> None:
    told = {"data_revision": f"d{number}", "split_hash": "s", "run_id": f"r{number}"}
    store.add_lineage(f"line-{number}", tag=f"emotion:{number}", **told, **origin)
    pointer = store.pointer("champion")
    store.move_pointer(
        "champion",
        f"emotion:{number}",
        lineage_id=f"line-{number}",
        reason="better",
        expected_version=pointer.version if pointer else 0,
    )


def drift(store: Store, day: int = 0) -> str:
    start = START + timedelta(days=day)
    row = VerdictRow(
        champion="emotion:1",
        policy="p",
        window_start=start,
        window_end=start + timedelta(days=1),
        verdict=2,
        details={"words": "The mix of emotions changed."},
    )
    return store.add_verdict(row, {}, start if day else None, ask_retrain=True).id


def label(store: Store, count: int) -> list[str]:
    keys = [store.add_prediction(make_prediction()) for _ in range(count)]
    for key in keys:
        store.add_feedback(key, "fear", source="agent")
    return keys


def test_without_a_request_nothing_goes(store: Store) -> None:
    got = claim(store, PARAMS)
    assert (got.go, got.key, got.token) == (0, "", "")


def test_a_request_waits_for_labels_and_says_so(store: Store) -> None:
    crown(store, 1)
    key = drift(store)
    label(store, 1)
    assert claim(store, PARAMS).reason == "labels: 1 of 2"
    assert store.retrain(key).reason == "labels: 1 of 2"
    label(store, 1)
    got = claim(store, PARAMS)
    assert (got.go, got.key, got.champion) == (1, key, "emotion:1")
    assert claim(store, PARAMS).go == 0


def kept_once(store: Store) -> None:
    """A retrain ran and changed nothing, and drift asks for another."""
    crown(store, 1)
    drift(store)
    label(store, 2)
    got = claim(store, PARAMS)
    store.finish_retrain(got.key, got.token, "kept", reason="no gain")
    drift(store, day=1)


def test_the_next_retrain_wants_labels_of_its_own(store: Store) -> None:
    kept_once(store)
    assert claim(store, PARAMS).reason == "labels: 0 of 2"
    label(store, 2)
    assert claim(store, PARAMS).go == 1


@pytest.mark.parametrize(
    ("trigger", "reason"),
    [
        (TriggerParams(cooldown_hours=1), "cooldown until "),
        (TriggerParams(cooldown_hours=0, per_week=1), "budget: 1 of 1 retrains in seven days"),
    ],
)
def test_retrains_neither_follow_at_once_nor_too_often(
    store: Store, trigger: TriggerParams, reason: str
) -> None:
    kept_once(store)
    label(store, 2)
    got = claim(store, Params(continual=LABELS, trigger=trigger))
    assert got.go == 0
    assert got.reason.startswith(reason)
    assert store.retrain(got.key).reason == got.reason
    assert claim(store, PARAMS).go == 1


def test_what_was_closed_without_running_costs_no_budget(store: Store) -> None:
    crown(store, 1)
    drift(store)
    crown(store, 2)
    claim(store, PARAMS)
    crown(store, 1)
    drift(store, day=1)
    label(store, 2)
    once = TriggerParams(cooldown_hours=24, per_week=1)
    params = Params(continual=LABELS, trigger=once, feedback=TRUSTED)
    assert claim(store, params).go == 1


def test_a_person_holds_retrains_and_lets_them_go(store: Store) -> None:
    kept_once(store)
    label(store, 2)
    store.hold_retrains("new microphones", by="ops")
    assert claim(store, PARAMS).reason == "held by ops: new microphones"
    with pytest.raises(ConflictError, match="ops holds retrains already"):
        store.hold_retrains("again", by="me")
    store.release_retrains(by="me")
    assert claim(store, PARAMS).go == 1
    with pytest.raises(NotFoundError, match="not held"):
        store.release_retrains(by="me")


def test_each_decision_is_in_the_audit_once(store: Store) -> None:
    kept_once(store)
    label(store, 2)
    store.hold_retrains("new microphones", by="ops")
    for _ in range(3):
        claim(store, PARAMS)
    told = [(act.action, act.details.get("reason")) for act in store.audit()]
    assert told == [
        ("champion moved", "better"),
        ("retrain asked for", None),
        ("retrain running", None),
        ("retrain kept", "no gain"),
        ("retrain asked for", None),
        ("retrains held", "new microphones"),
        ("retrain waiting", "held by ops: new microphones"),
    ]


def test_a_request_against_a_former_champion_is_closed(store: Store) -> None:
    crown(store, 1)
    key = drift(store)
    crown(store, 2)
    assert claim(store, PARAMS).go == 0
    closed = store.retrain(key)
    assert (closed.state, closed.reason) == ("kept", "emotion:2 is champion by now")


def lines(node: Node) -> list[str]:
    return [node.label, *(line for child in node.children for line in lines(child))]


def test_the_chain_is_the_same_from_any_id_along_it(store: Store) -> None:
    crown(store, 1)
    verdict = drift(store)
    prediction = label(store, 2)[0]
    got = claim(store, PARAMS)
    crown(store, 2, parent_lineage_id="line-1", verdict_id=verdict)
    store.finish_retrain(got.key, got.token, "done", reason="gain", challenger_tag="emotion:2")
    told = lines(chain(store, "line-1"))
    for identifier in ("emotion:1", prediction, verdict):
        assert lines(chain(store, identifier)) == told
    starts = ("data d1", "run r1", "model emotion:1", "2 pred", "verdict 2", "retrain done: gain")
    for line, start in zip(told, (*starts, "data d2", "run r2", "model emotion:2"), strict=False):
        assert line.startswith(start)
    assert sum(ASKED in line for line in told) == 1
    assert ASKED in lines(chain(store, "emotion:2"))[8]
    with pytest.raises(NotFoundError, match="'nothing' is no lineage id"):
        chain(store, "nothing")
