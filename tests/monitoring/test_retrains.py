import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from monitoring.store import ConflictError, NotFoundError, Store, VerdictRow

HOUR = timedelta(hours=1)
START = datetime(2026, 3, 1, tzinfo=UTC)


def add_verdict(store: Store, number: int = 0, champion: str = "emotion:1") -> VerdictRow:
    start = START + number * HOUR
    verdict = VerdictRow(
        champion=champion,
        policy="policy",
        window_start=start,
        window_end=start + HOUR,
        verdict=2,
        details={},
    )
    return store.add_verdict(verdict, {}, start if number else None)


def test_one_window_has_one_verdict(store: Store) -> None:
    first = add_verdict(store)
    assert add_verdict(store).id == first.id
    assert [row.id for row in store.verdicts("emotion:1")] == [first.id]


def test_a_monitor_that_was_overtaken_is_refused(store: Store) -> None:
    add_verdict(store, 0)
    add_verdict(store, 1)
    late = VerdictRow(
        champion="emotion:1",
        policy="policy",
        window_start=START + HOUR,
        window_end=START + 5 * HOUR,
        verdict=0,
        details={},
    )
    with pytest.raises(ConflictError, match="Run it again"):
        store.add_verdict(late, {}, START + HOUR)


def test_a_request_is_made_once_a_verdict_and_once_a_champion(store: Store) -> None:
    first, second = add_verdict(store, 0), add_verdict(store, 1)
    key = store.request_retrain(first.id).key
    assert store.request_retrain(first.id).key == key
    assert store.request_retrain(second.id).key == key
    assert len(store.retrains("emotion:1")) == 1
    with pytest.raises(NotFoundError):
        store.request_retrain("nothing")


CLAIM = """
import sys
from monitoring.store import Store
store = Store(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
print(sum(store.claim_retrain(sys.argv[2]) is not None for _ in range(4)))
"""


def test_of_all_threads_and_processes_one_gets_the_claim(store: Store) -> None:
    key = store.request_retrain(add_verdict(store).id).key
    command = [sys.executable, "-c", CLAIM, store.url, key]
    racers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    with ThreadPoolExecutor(8) as pool:
        for racer in racers:
            assert racer.stdin is not None
            racer.stdin.write("go\n")
            racer.stdin.flush()
        here = sum(claim is not None for claim in pool.map(store.claim_retrain, [key] * 8))
        there = sum(int(racer.communicate()[0]) for racer in racers)
    assert here + there == 1


def test_one_retrain_runs_at_a_time(store: Store) -> None:
    keys = [
        store.request_retrain(add_verdict(store, champion=champion).id).key
        for champion in ("emotion:1", "emotion:2")
    ]
    running = store.claim_retrain(keys[0])
    assert running is not None
    assert running.token
    assert store.claim_retrain(keys[1]) is None
    store.finish_retrain(keys[0], running.token, "kept", reason="no gain")
    assert store.claim_retrain(keys[1]) is not None


def test_a_hold_that_comes_after_the_look_keeps_a_claim_from_being_had(store: Store) -> None:
    key = store.request_retrain(add_verdict(store).id).key
    assert store.waiting_retrain(HOUR) is not None
    store.hold_retrains("wait", by="ops")
    assert store.claim_retrain(key) is None
    store.release_retrains(by="ops")
    assert store.claim_retrain(key) is not None


def test_a_lost_claim_is_taken_again_and_cannot_finish(store: Store) -> None:
    key = store.request_retrain(add_verdict(store).id).key
    crashed = store.claim_retrain(key)
    assert crashed is not None
    assert store.waiting_retrain(HOUR) is None
    expired = store.waiting_retrain(timedelta(0))
    assert expired is not None
    assert expired.reason == "lease expired"
    again = store.claim_retrain(key)
    assert again is not None
    with pytest.raises(ConflictError, match="not held by this claim"):
        store.finish_retrain(key, str(crashed.token), "done", reason="late")
    done = store.finish_retrain(
        key, str(again.token), "done", reason="", challenger_tag="emotion:2"
    )
    assert (done.state, done.challenger_tag) == ("done", "emotion:2")
    store.finish_retrain(key, str(again.token), "done", reason="", challenger_tag="emotion:2")


def test_a_finished_champion_may_ask_again(store: Store) -> None:
    first, second = add_verdict(store, 0), add_verdict(store, 1)
    claim = store.claim_retrain(store.request_retrain(first.id).key)
    assert claim is not None
    store.finish_retrain(claim.key, str(claim.token), "kept", reason="no gain")
    assert store.request_retrain(second.id).key == second.id
    assert store.request_retrain(first.id).state == "kept"
