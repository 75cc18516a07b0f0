"""What is too old is forgotten, while the service runs and by `undertone forget --expired`."""

from dataclasses import replace
from datetime import timedelta

from monitoring.store import Forgotten, Store
from monitoring.store.tables import now
from serving.jobs.folder import JobFolders
from serving.refusal import log_failure
from serving.repeating import Repeating
from undertone.config import LongParams

PAUSE_S = 3600.0


def forget_expired(store: Store, days: float | None, *, by: str) -> Forgotten:
    """Delete predictions past their time, with their feedback, text and audio.

    Args:
        store: holds them.
        days: how long they are kept; None for ever.
        by: who asks, for the audit.
    """
    if days is None:
        return Forgotten()
    return store.forget_before(now() - timedelta(days=days), by=by)


def forget_speaker(store: Store, speaker_id: str, *, by: str) -> Forgotten:
    """Delete all that is kept under a speaker's pseudonym.

    Args:
        store: holds predictions with their feedback, text and audio.
        speaker_id: the pseudonym.
        by: who asks, for the audit.
    """
    jobs = JobFolders.here(LongParams().keep_hours).forget_speaker(speaker_id)
    return replace(store.forget_speaker(speaker_id, by=by), jobs=jobs)


class Sweeper(Repeating):
    """A thread that forgets what has expired, at once and then every hour.

    Args:
        store: where it sweeps.
        days: how long things are kept; None for ever.
    """

    def __init__(self, store: Store, days: float | None) -> None:
        super().__init__("sweeper", self._sweep, PAUSE_S)
        self._store = store
        self._days = days

    def _sweep(self) -> None:
        try:
            forget_expired(self._store, self._days, by="the service")
        except Exception as error:
            log_failure("What has expired was not forgotten", error)
