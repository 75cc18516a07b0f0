"""Lineage: from data to model to predictions to verdicts to retrain, from any id along the way."""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass

from monitoring.finding import HEADLINES, Verdict
from monitoring.store import LineageRow, NotFoundError, RetrainRow, Store, VerdictRow

ASKED = "◀"


@dataclass(frozen=True)
class Node:
    """A step of a lineage: its line of text, and what came of it."""

    label: str
    children: tuple["Node", ...] = ()


def chain(store: Store, identifier: str) -> Node:
    """The chain that an id belongs to, from the first model's data on.

    Args:
        store: the operational store.
        identifier: a lineage id, model tag, prediction id or verdict id.

    Returns:
        data → run → model → predictions and verdicts → retrain → the next model, and so on. The
        model that was asked for is marked.

    Raises:
        NotFoundError: nothing in the store has this id.
    """
    asked = _lineage(store, identifier)
    oldest = asked
    while oldest.parent_lineage_id:
        oldest = store.get_lineage(oldest.parent_lineage_id)
    return _grow(store, oldest, asked.lineage_id)


def _lineage(store: Store, identifier: str) -> LineageRow:
    """The lineage of the model that an id has to do with."""
    with suppress(NotFoundError):
        return store.get_lineage(identifier)
    with suppress(NotFoundError):
        return store.get_lineage(store.get_prediction(identifier).lineage_id)
    tag = identifier
    with suppress(NotFoundError):
        tag = store.get_verdict(identifier).champion
    if found := store.lineage_of_tag(tag):
        return found
    raise NotFoundError(
        f"'{identifier}' is no lineage id, model tag, prediction id or verdict id in {store.url}, "
        "or its model was never registered there."
    )


def _grow(store: Store, lineage: LineageRow, asked: str) -> Node:
    mark = f"  {ASKED}" if lineage.lineage_id == asked else ""
    figures = ", ".join(
        f"{name} {value:.3f}" for name, value in lineage.metrics.items() if isinstance(value, float)
    )
    known = ", ".join(filter(None, (lineage.tag, f"lineage {lineage.lineage_id}", figures)))
    model = Node(
        f"model {known}{mark}",
        (
            Node(f"{store.count_predictions(model_tag=lineage.tag)} predictions"),
            *_verdicts(store, lineage.tag, asked),
        ),
    )
    run = Node(f"run {lineage.run_id}", (model,))
    return Node(f"data {lineage.data_revision}, split {lineage.split_hash}", (run,))


def _verdicts(store: Store, champion: str, asked: str) -> tuple[Node, ...]:
    """Quiet verdicts counted, those of drift one by one with what they led to."""
    rows = store.verdicts(champion)
    quiet = Counter(row.verdict for row in rows if row.verdict < Verdict.MIX)
    counted = [
        Node(f"{count} x verdict {verdict}: {HEADLINES[Verdict(verdict)]}")
        for verdict, count in sorted(quiet.items())
    ]
    retrains = {row.key: row for row in store.retrains(champion)}
    loud = [
        _drift(store, row, retrains.get(row.id), asked)
        for row in rows
        if row.verdict >= Verdict.MIX
    ]
    return (*counted, *loud)


def _drift(store: Store, row: VerdictRow, retrain: RetrainRow | None, asked: str) -> Node:
    label = f"verdict {row.verdict} ({row.id}): {row.details.get('words', '')}"
    if retrain is None:
        return Node(label)
    made = store.lineage_of_verdict(row.id) or _challenger(store, retrain)
    children = tuple(_grow(store, lineage, asked) for lineage in made)
    because = f": {retrain.reason}" if retrain.reason else ""
    return Node(label, (Node(f"retrain {retrain.state}{because}", children),))


def _challenger(store: Store, retrain: RetrainRow) -> list[LineageRow]:
    found = store.lineage_of_tag(retrain.challenger_tag) if retrain.challenger_tag else None
    return [found] if found else []
