"""Transcripts of a table labelled by a language model."""

from collections.abc import Sequence

from undertone.corpora.base import Reject, SourceUtterance
from undertone.errors import ConfigError
from undertone.labelling.endpoint import EndpointClassifier, MalformedError
from undertone.labelling.prompting import MaskedClassifier, Shot, balanced_shots
from undertone.labelling.table import Label, Partly
from undertone.labels import EMOTIONS
from undertone.progress import track

NO_TEXT = "text: missing; transcribe it first"


def vocabulary(partly: Partly, named: str | None) -> tuple[str, ...]:
    """The emotions to choose from: those named, with commas, or those of the labelled rows.

    Raises:
        ConfigError: there are fewer than two, or one is unknown.
    """
    given = {utterance.emotion for utterance in partly.labelled}
    wanted = {name.strip() for name in named.split(",")} if named else given
    if unknown := sorted(wanted - set(EMOTIONS)):
        raise ConfigError(f"'{unknown[0]}' is not one of {', '.join(EMOTIONS)}.")
    if len(wanted) < 2:
        raise ConfigError("Name at least two emotions to choose from, or label a row of each.")
    return tuple(name for name in EMOTIONS if name in wanted)


def shots_of(partly: Partly, each: int) -> list[Shot]:
    """Labelled rows with a text as examples, `each` of every emotion at most."""
    told = [Shot(row.text, row.emotion) for row in partly.labelled if row.text]
    return balanced_shots(told, each)


def fill_gaps(
    classifier: MaskedClassifier, utterances: Sequence[SourceUtterance]
) -> tuple[list[Label], list[Reject]]:
    """Labels of all utterances with a text by a masked language model; why not of the others."""
    told, rejects = _told(utterances)
    if not told:
        return [], rejects
    shares = classifier.classify([text for _, text in told])
    labels = [
        Label(utterance, classifier.emotions[int(row.argmax())], float(row.max()))
        for (utterance, _), row in zip(told, shares, strict=True)
    ]
    return labels, rejects


def ask_endpoint(
    classifier: EndpointClassifier, utterances: Sequence[SourceUtterance]
) -> tuple[list[Label], list[Reject]]:
    """The same by a language model behind an endpoint, one text after the other.

    Raises:
        EndpointError: the endpoint refuses or does not answer, so that no text can be labelled.
    """
    told, rejects = _told(utterances)
    labels = []
    for utterance, text in track(told, "asking"):
        try:
            choice = classifier.classify(text)
        except MalformedError as error:
            rejects.append(Reject(utterance.place, str(error)))
        else:
            labels.append(Label(utterance, choice.emotion, choice.confidence))
    return labels, rejects


def _told(
    utterances: Sequence[SourceUtterance],
) -> tuple[list[tuple[SourceUtterance, str]], list[Reject]]:
    told = [(utterance, utterance.text) for utterance in utterances if utterance.text]
    silent = [utterance for utterance in utterances if not utterance.text]
    return told, [Reject(utterance.place, NO_TEXT) for utterance in silent]
