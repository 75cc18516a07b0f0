"""The model card of a bundle, in the Hugging Face manner."""

from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import ValidationError

from undertone.bundle import Bundle
from undertone.errors import CorpusError
from undertone.evaluation.behaviour.record import GROUPS, ROBUST, Behaviour
from undertone.evaluation.behaviour.report import JSON
from undertone.evaluation.plots import plot_learning_curves
from undertone.evaluation.record import Evaluation
from undertone.files import write_text
from undertone.licences import UNKNOWN, licence_of_corpus, licence_of_weights

CARD = "model_card.md"
EVALUATION = "evaluation.json"
NAME = "Undertone"
NONE = ""


def trained_on(rows: pd.DataFrame) -> dict[str, Any]:
    """What a card tells of the training data.

    Args:
        rows: manifest rows that a bundle was trained on.
    """
    return {
        "utterances": len(rows),
        "speakers": int(rows["speaker_id"].nunique()),
        "corpora": sorted(rows["corpus"].unique().tolist()),
        "languages": sorted(rows["language"].unique().tolist()),
    }


def model_card(
    bundle: Bundle, evaluation: Evaluation | None = None, behaviour: Behaviour | None = None
) -> str:
    """A model card, with the metadata that the Hugging Face hub reads.

    Args:
        bundle: a bundle with its training recorded in `info`.
        evaluation: its scores on test speakers; without them those on validation speakers stand.
        behaviour: what the behavioural suite found.
    """
    from huggingface_hub import ModelCard

    info, encoders = bundle.info, _encoders(bundle.info)
    data = info.get("trained_on", {})
    template = files("undertone").joinpath("assets", "card", "model_card.md")
    card = ModelCard.from_template(
        _metadata(bundle, evaluation),
        template_str=template.read_text(encoding="utf-8"),
        labels=bundle.labels,
        **encoders,
        tuning=_setting(info, "training", "tuning"),
        trained_parameters=f"{info.get('trained_parameters', 0):,}",
        trained_on=_described(data),
        seed=info.get("seed", 0),
        split_hash=info.get("split_hash", UNKNOWN)[:16],
        temperature=bundle.temperature,
        validation_uar=info.get("validation_uar", float("nan")),
        evaluation=evaluation,
        behaviour=behaviour,
        groups=GROUPS,
        changes=_changes(behaviour) if behaviour else [],
        licences=_licences(data.get("corpora", []), encoders),
        curves=evaluation is not None and any(info.get("curves", {}).values()),
    )
    return str(card)


def write_card(out: Path, bundle: Bundle) -> None:
    """Write `model_card.md` and `learning_curves.png` from what an evaluation folder holds.

    The findings of the behavioural suite are told where they are of the same bundle. The bundle
    itself is left as it is, so that its hash goes on naming it.

    Args:
        out: an evaluation folder.
        bundle: the bundle that was evaluated.

    Raises:
        CorpusError: the folder holds no evaluation.
    """
    evaluation = read_evaluation(out)
    if any(bundle.info.get("curves", {}).values()):
        plot_learning_curves(
            out / "learning_curves.png",
            bundle.info["curves"],
            title="Learning curves",
            note=f"training and validation speakers · seed {bundle.info.get('seed', 0)}",
        )
    write_text(out / CARD, model_card(bundle, evaluation, _read_behaviour(out, evaluation)))


def read_evaluation(out: Path) -> Evaluation:
    """The scores in an evaluation folder.

    Raises:
        CorpusError: there are none.
    """
    file = out / EVALUATION
    try:
        return Evaluation.model_validate_json(file.read_text(encoding="utf-8"))
    except (OSError, ValidationError) as error:
        raise CorpusError(f"{out} holds no evaluation: {file.name} cannot be read.") from error


def _read_behaviour(out: Path, evaluation: Evaluation) -> Behaviour | None:
    file = out / JSON
    if not file.is_file():
        return None
    found = Behaviour.model_validate_json(file.read_text(encoding="utf-8"))
    return found if found.bundle_hash == evaluation.bundle_hash else None


def _metadata(bundle: Bundle, evaluation: Evaluation | None) -> Any:
    from huggingface_hub import ModelCardData

    encoders = _encoders(bundle.info).values()
    return ModelCardData(
        model_name=NAME,
        library_name="transformers",
        pipeline_tag="audio-classification",
        tags=["speech-emotion-recognition", "undertone"],
        language=bundle.info.get("trained_on", {}).get("languages"),
        base_model=[name for name in encoders if "/" in name] or None,
        eval_results=_results(evaluation) if evaluation else None,
    )


def _results(evaluation: Evaluation) -> list[Any]:
    from huggingface_hub import EvalResult

    scores = evaluation.scores[evaluation.headline]
    figures = {
        ("recall", "UAR"): scores.uar,
        ("accuracy", "Accuracy"): scores.accuracy,
        ("f1", "Macro F1"): scores.macro_f1,
    }
    return [
        EvalResult(
            task_type="audio-classification",
            dataset_type=evaluation.corpus,
            dataset_name=f"{evaluation.corpus}, {evaluation.protocol}",
            dataset_revision=evaluation.data_revision,
            metric_type=kind,
            metric_name=name,
            metric_value=round(figure.value, 4),
        )
        for (kind, name), figure in figures.items()
    ]


def _encoders(info: dict[str, Any]) -> dict[str, str]:
    return {
        "whisper": _setting(info, "listening", "whisper"),
        "text_encoder": _setting(info, "model", "text_encoder"),
        "image_encoder": _setting(info, "model", "image_encoder"),
    }


def _setting(info: dict[str, Any], section: str, name: str) -> str:
    value = info.get("params", {}).get(section, {}).get(name, UNKNOWN)
    return str(value or "none")


def _described(data: dict[str, Any]) -> str:
    if not data:
        return UNKNOWN
    corpora = ", ".join(data["corpora"])
    return f"{data['utterances']} utterances of {data['speakers']} speakers ({corpora})"


def _licences(corpora: list[str], encoders: dict[str, str]) -> dict[str, str]:
    weights = [name for name in encoders.values() if name not in ("none", UNKNOWN)]
    return {f"data: {name}": licence_of_corpus(name) for name in corpora} | {
        f"weights: {name}": licence_of_weights(name) for name in weights
    }


def _changes(behaviour: Behaviour) -> list[tuple[str, ...]]:
    """A row for each change: its name, share unchanged and bound, change of UAR and bound."""
    cells: dict[tuple[str, str], dict[str, tuple[str, str]]] = {}
    for group in ROBUST:
        for finding in behaviour.of_group(group):
            mark = "" if finding.passed else " ✗"
            figures = (f"{finding.value:.3f}{mark}", finding.rule)
            cells.setdefault((group, finding.name), {})[finding.metric] = figures
    empty = (NONE, NONE)
    return [
        (name, *found.get("unchanged", empty), *found.get("UAR change", empty))
        for (_, name), found in cells.items()
    ]
