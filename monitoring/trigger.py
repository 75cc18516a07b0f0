"""The trigger: a waiting retrain goes ahead once nothing stands against it, and only once."""

from dataclasses import dataclass
from datetime import timedelta

from monitoring.store import Labelled, PointerRow, RetrainRow, Store
from monitoring.store.tables import now
from undertone.config import Params

WEEK = timedelta(days=7)


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
    """Claim the oldest retrain that waits, if nothing stands against it.

    What may: a person's hold, the cooldown, the week's budget, too few labels. A request against
    a model that is champion no more is closed.
    """
    lease = timedelta(minutes=params.trigger.lease_minutes)
    champion = store.pointer("champion")
    while (waiting := store.waiting_retrain(lease)) is not None:
        if champion is None or waiting.champion == champion.tag:
            return _claim(store, waiting, params)
        _close(store, waiting, champion)
    return Claim(0, "No retrain is waiting.")


def _close(store: Store, waiting: RetrainRow, champion: PointerRow) -> None:
    """End a request against a model that is champion no more, as the outcome that it had."""
    asked_by = store.get_lineage(champion.lineage_id).verdict_id
    if asked_by == waiting.key:
        moves = store.pointer_moves("champion")
        store.close_retrain(waiting.key, moves[-1].reason, champion.tag)
    else:
        store.close_retrain(waiting.key, f"{champion.tag} is champion by now")


def _claim(store: Store, waiting: RetrainRow, params: Params) -> Claim:
    fresh, wanted = fresh_labels(store, waiting.champion, params), params.continual.min_labels
    labels = len(fresh.frame)
    told = f"labels: {labels} of {wanted}"
    if fresh.refused:
        example = next(iter(fresh.refused.values()))
        told += f"; {len(fresh.refused)} not used, for example: {example}"
    obstacle = _obstacle(store, params) or (told if labels < wanted else None)
    if obstacle:
        store.explain_retrain(waiting.key, obstacle)
        return Claim(0, obstacle, waiting.key, champion=waiting.champion)
    got = store.claim_retrain(waiting.key)
    if got is None or got.token is None:
        return Claim(0, "Another run is retraining.", waiting.key, champion=waiting.champion)
    return Claim(1, told, got.key, got.token, got.champion)


def _obstacle(store: Store, params: Params) -> str | None:
    """What stands against any retrain now."""
    if hold := store.hold():
        return f"held by {hold.by}: {hold.reason}"
    runs = [row for row in store.retrains() if row.claimed_at]
    ends = [row.finished_at for row in runs if row.finished_at]
    if ends:
        cool = max(ends) + timedelta(hours=params.trigger.cooldown_hours)
        if cool > now():
            return f"cooldown until {cool:%F %H:%M} UTC"
    lately = sum(row.claimed_at > now() - WEEK for row in runs if row.claimed_at)
    if lately >= params.trigger.per_week:
        return f"budget: {lately} of {params.trigger.per_week} retrains in seven days"
    return None


def fresh_labels(store: Store, champion: str, params: Params) -> Labelled:
    """Labelled predictions of a champion whose feedback no finished retrain has had."""
    finished = [row.claimed_at for row in store.retrains(champion) if row.finished_at]
    since = max((moment for moment in finished if moment), default=None)
    return store.labelled(since, champion, params.feedback)
