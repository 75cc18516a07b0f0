from datetime import timedelta

from serving_harness import value

from monitoring.store import Store, VerdictRow
from monitoring.store.tables import now
from serving.gauges import Gauges
from serving.metrics import metrics


def test_prometheus_sees_the_last_verdict_and_what_waits(tmp_path):
    store = Store(f"sqlite:///{tmp_path / 'store.sqlite'}")
    end = now()
    drift = {"evidence": 1440.0, "threshold": 720.0, "surge": "goes on"}
    row = VerdictRow(
        champion="emotion:1",
        policy="p",
        window_start=end - timedelta(hours=1),
        window_end=end,
        verdict=2,
        details=drift,
    )
    store.add_verdict(row, {}, None, ask_retrain=True)
    Gauges(store)._read()
    told = metrics()
    assert (value(told.verdict), value(told.evidence), value(told.surge)) == (2, 2, 1)
    assert value(told.judged) == end.timestamp()
    assert value(told.review) == 0
    assert told.retrains.labels("waiting")._value.get() == 1
    assert told.retrains.labels("done")._value.get() == 0


def test_prometheus_sees_that_a_champion_went_back(registry, register, store):
    first, second = register("one"), register("two")
    told = metrics()
    seen = []
    for change in (
        lambda: registry.promote(first, "first"),
        lambda: registry.promote(second, "better"),
        lambda: registry.roll_back("worse"),
    ):
        change()
        Gauges(store)._read()
        seen.append(value(told.rolled_back))
    assert seen == [0, 0, 1]
    assert value(told.moved) == store.pointer_moves("champion")[-1].created_at.timestamp()


def test_a_store_that_is_away_is_logged(caplog):
    Gauges(None)._read()
    assert "Drift was not read from the store: AttributeError" in caplog.text
