"""`report.txt`: the headline first, then what it stands on."""

from collections.abc import Iterable, Mapping

from undertone.evaluation.metrics import Scores, classification_report
from undertone.evaluation.record import Evaluation, Predictions
from undertone.evaluation.summary import applicable

SHORT_HASH = 12
COLUMNS = ("UAR", "accuracy", "macro F1", "weighted F1")


def render_report(evaluation: Evaluation, predictions: Predictions) -> str:
    """The headline with its interval, the familiar table, every condition, and its origin."""
    parts = [
        title(evaluation),
        _headline(evaluation),
        _classes(evaluation, predictions),
        _conditions(evaluation),
        _gain(evaluation),
        _dimensions(evaluation),
        _turns(evaluation),
        _speaker_dependent(evaluation),
        _leaks(evaluation),
        f"95 % intervals from 1,000 resamples of {evaluation.resampled}.\n{origin(evaluation)}",
    ]
    return "\n\n".join(part.strip("\n") for part in parts if part) + "\n"


def title(evaluation: Evaluation) -> str:
    """Protocol, corpus and size."""
    without = f" · without {' and '.join(evaluation.without)}" if evaluation.without else ""
    return (
        f"{evaluation.protocol} · {evaluation.corpus} · {evaluation.utterances} utterances, "
        f"{evaluation.speakers} speakers{without}"
    )


def origin(evaluation: Evaluation) -> str:
    """Short hashes and seeds: what to look for to find the same figures again."""
    hashes = {
        "split": evaluation.split_hash,
        "data": evaluation.data_revision,
        "bundle": evaluation.bundle_hash,
    }
    named = [f"{name} {value[:SHORT_HASH]}" for name, value in hashes.items() if value]
    seeds = evaluation.seeds or [evaluation.seed]
    word = "seed" if len(seeds) == 1 else "seeds"
    return " · ".join([*named, f"{word} {', '.join(map(str, seeds))}"])


def said(condition: str) -> str:
    """A condition's name as people read it."""
    return condition.replace("_", " ")


def _headline(evaluation: Evaluation) -> str:
    scores = evaluation.scores[evaluation.headline]
    lines = [
        f"UAR {scores.uar} · {said(evaluation.headline)} · ECE {evaluation.ece:.3f} at "
        f"temperature {evaluation.temperature:.2f}{_selective(evaluation)}"
    ]
    if evaluation.by_seed:
        reached = (
            f"seed {part.seed}: {part.uar[evaluation.headline]:.3f}" for part in evaluation.by_seed
        )
        lines.append(f"mean over {len(evaluation.by_seed)} seeds · {' · '.join(reached)}")
    return "\n".join(lines)


def _selective(evaluation: Evaluation) -> str:
    return "" if evaluation.aurc is None else f" · AURC {evaluation.aurc:.3f}"


def _classes(evaluation: Evaluation, predictions: Predictions) -> str:
    part = applicable(predictions, evaluation.headline)
    guess = part.logits[evaluation.headline].argmax(axis=1)
    table = classification_report(part.truth, guess, part.labels)[1]
    if not evaluation.by_seed:
        return table
    seeds = len(evaluation.by_seed)
    return f"{table.rstrip()}\n\nThe table counts an utterance {seeds} times, once for each seed."


def _conditions(evaluation: Evaluation) -> str:
    first = evaluation.headline
    return _score_table(
        {first: evaluation.scores[first]}
        | {name: scores for name, scores in evaluation.scores.items() if name != first}
    )


def _score_table(scores: Mapping[str, Scores]) -> str:
    lines = [_row("condition", COLUMNS)]
    for name, each in scores.items():
        figures = (each.uar, each.accuracy, each.macro_f1, each.weighted_f1)
        lines.append(_row(said(name), figures))
    return "\n".join(lines)


def _row(name: str, columns: Iterable[object]) -> str:
    return f"{name:<16} {' '.join(f'{column!s:<22}' for column in columns)}".rstrip()


def _gain(evaluation: Evaluation) -> str:
    if evaluation.gain is None:
        return ""
    uar = evaluation.gain.uar
    return (
        f"Fusion over {said(evaluation.gain.over)}, the best modality alone: UAR {uar.value:+.3f} "
        f"[{uar.low:+.3f}, {uar.high:+.3f}]"
    )


def _dimensions(evaluation: Evaluation) -> str:
    found = evaluation.dimensions
    if found is None:
        return ""
    told = "   ".join(f"{name} {interval}" for name, interval in found.ccc.items())
    return f"CCC ({found.source})   {told}"


def _turns(evaluation: Evaluation) -> str:
    if not evaluation.turns:
        return ""
    conditions = [name for name in evaluation.scores if name != evaluation.headline]
    titles = "".join(f" {said(name):>14}" for name in conditions)
    width = max(len(turn.name) for turn in evaluation.turns) + 1
    lines = [
        f"{'turn':<{width}} {'utterances':>10}  {said(evaluation.headline):<22}{titles} "
        f"{'seconds':>8}"
    ]
    for turn in evaluation.turns:
        reached = turn.uar.get(evaluation.headline, float("nan"))
        headline = str(turn.headline or f"{reached:.3f}")
        figures = "".join(f" {turn.uar.get(name, float('nan')):>14.3f}" for name in conditions)
        lines.append(
            f"{turn.name:<{width}} {turn.utterances:>10}  {headline:<22}{figures} "
            f"{turn.seconds:>8.1f}"
        )
    return "\n".join(lines)


def _speaker_dependent(evaluation: Evaluation) -> str:
    beside = evaluation.speaker_dependent
    if beside is None:
        return ""
    return (
        f"{beside.protocol} · NOT a score for new speakers: the test speakers also trained, and "
        f"{beside.repeated_sentences} test\nutterances repeat a sentence that their speaker says "
        f"in training. To be read only beside the table above.\n"
        f"{_score_table(beside.scores)}\nsplit {beside.split_hash[:SHORT_HASH]}"
    )


def _leaks(evaluation: Evaluation) -> str:
    if evaluation.leaks is None:
        return ""
    return (
        "In no turn does a speaker, a recording or a take stand on both sides "
        f"({evaluation.leaks.recordings} recordings compared).\n"
        f"{evaluation.leaks.repeated_sentences} test utterances repeat a sentence that their "
        "speaker says in training."
    )
