from datetime import timedelta

from monitoring.store import Store, VerdictRow
from monitoring.store.tables import now
from serving.gauges import Gauges
from serving.metrics import metrics


def value(gauge):
    (sample,) = next(iter(gauge.collect())).samples
    return sample.value


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


def test_a_store_that_is_away_is_logged(caplog):
    Gauges(None)._read()
    assert "Drift was not read from the store: AttributeError" in caplog.text
