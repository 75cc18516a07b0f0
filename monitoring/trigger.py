"""The trigger: a waiting retrain goes ahead once there are labels, and only once."""

from dataclasses import dataclass
from datetime import timedelta

from monitoring.store import RetrainRow, Store
from undertone.config import Params


@dataclass(frozen=True)
class Claim:
    """Whether the caller is to retrain now.

    Attributes:
        go: 1 if so, else 0.
        reason: why, or why not.
        key: the request, which is also the verdict that asked; empty without one.
        token: proof of the claim for `Store.finish_retrain`; empty unless `go`.
        champion: the model to retrain from.
    """

    go: int
    reason: str
    key: str = ""
    token: str = ""
    champion: str = ""

    @property
    def verdict_id(self) -> str:
        """The verdict that asked."""
        return self.key


def claim(store: Store, params: Params) -> Claim:
    """Claim the oldest retrain that waits, if there are labels enough for it.

    A request against a model that is champion no more is closed as kept.
    """
    lease = timedelta(minutes=params.drift.lease_minutes)
    champion = store.pointer("champion")
    while (waiting := store.waiting_retrain(lease)) is not None:
        if champion is None or waiting.champion == champion.tag:
            return _claim(store, waiting, params.continual.min_labels)
        _supersede(store, waiting, champion.tag)
    return Claim(0, "No retrain is waiting.")


def _claim(store: Store, waiting: RetrainRow, wanted: int) -> Claim:
    labels = fresh_labels(store, waiting.champion)
    if labels < wanted:
        reason = f"labels: {labels} of {wanted}"
        store.explain_retrain(waiting.key, reason)
        return Claim(0, reason, waiting.key, champion=waiting.champion)
    got = store.claim_retrain(waiting.key)
    if got is None or got.token is None:
        return Claim(0, "Another run is retraining.", waiting.key, champion=waiting.champion)
    return Claim(1, f"labels: {labels} of {wanted}", got.key, got.token, got.champion)


def _supersede(store: Store, waiting: RetrainRow, champion: str) -> None:
    got = store.claim_retrain(waiting.key)
    if got and got.token:
        store.finish_retrain(got.key, got.token, "kept", reason=f"{champion} is champion by now")


def fresh_labels(store: Store, champion: str) -> int:
    """Labelled predictions of a champion whose feedback no finished retrain has had."""
    finished = [row.claimed_at for row in store.retrains(champion) if row.finished_at]
    since = max((moment for moment in finished if moment), default=None)
    return len(store.labelled(since, champion).frame)
