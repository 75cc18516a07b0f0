import threading
from datetime import timedelta

from monitoring.store import Forgotten
from monitoring.store.tables import now
from serving.retention import Sweeper, forget_expired


class Swept:
    """A store that tells what it was asked to forget."""

    def __init__(self, fails=False):
        self.fails, self.asked = fails, []
        self.done = threading.Event()

    def forget_before(self, moment, *, by):
        self.asked.append((moment, by))
        self.done.set()
        if self.fails:
            raise OSError("away")
        return Forgotten(1, 0, 0)


def test_what_is_older_than_the_settings_allow_goes():
    store = Swept()
    assert forget_expired(store, 2, by="me") == Forgotten(1, 0, 0)
    [(moment, by)] = store.asked
    assert abs(now() - moment - timedelta(days=2)) < timedelta(minutes=1)
    assert by == "me"


def test_without_a_limit_nothing_goes():
    store = Swept()
    assert forget_expired(store, None, by="me") == Forgotten()
    assert store.asked == []


def test_the_service_sweeps_at_once_and_stops_when_told(caplog):
    for fails in (False, True):
        store = Swept(fails)
        sweeper = Sweeper(store, 2)
        sweeper.start()
        assert store.done.wait(10)
        sweeper.stop()
        assert len(store.asked) == 1
    assert "What has expired was not forgotten: OSError" in caplog.text
