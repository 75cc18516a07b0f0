import pytest

from undertone.errors import UndertoneError
from undertone.prediction import Modalities, Prediction, Segment, Transcript, Word
from undertone.view import View

SHARES = {"anger": 0.5, "fear": 0.2, "happiness": 0.2, "neutral": 0.1}
PREDICTION = Prediction(
    emotion="anger",
    confidence=0.5,
    distribution=SHARES,
    by_modality={"audio": SHARES},
    modalities=Modalities(audio=True, text=False, image=False),
    transcript=Transcript(text="go on", words=[Word(word="go", start=0, end=1, emotion="fear")]),
    timeline=[Segment(start=0, end=1, emotion="anger", confidence=0.5, distribution=SHARES)],
)


def test_some_emotions_are_told_as_if_there_were_no_others():
    told = View.parse("fear, happiness").of(PREDICTION)
    assert told.distribution == pytest.approx({"fear": 0.5, "happiness": 0.5})
    assert told.by_modality["audio"] == told.distribution
    assert told.emotion in told.distribution
    assert told.confidence == pytest.approx(0.5)


def test_emotions_are_joined_under_a_name_of_the_callers():
    view = View.parse('{"anger": "negative", "fear": "negative", "happiness": "positive"}')
    told = view.of(PREDICTION)
    assert told.distribution == pytest.approx({"negative": 7 / 9, "positive": 2 / 9})
    assert told.emotion == "negative"
    assert told.timeline is not None
    assert told.timeline[0].emotion == "negative"
    assert told.transcript is not None
    assert told.transcript.words[0].emotion == "negative"
    assert PREDICTION.distribution == SHARES


def test_a_word_whose_emotion_is_not_wanted_has_none():
    told = View.parse("anger").of(PREDICTION)
    assert told.transcript is not None
    assert told.transcript.words[0].emotion is None


def test_unknown_stays_unknown():
    unsure = PREDICTION.model_copy(update={"emotion": "unknown", "unknown": "too unsure"})
    assert View.parse("anger,fear").of(unsure).emotion == "unknown"


def test_emotions_that_have_no_share_are_told_evenly():
    nothing = PREDICTION.model_copy(update={"distribution": SHARES | {"fear": 0, "neutral": 0}})
    assert View.parse("fear,neutral").of(nothing).distribution == {"fear": 0.5, "neutral": 0.5}


@pytest.mark.parametrize(
    ("labels", "why"),
    [
        ("joy", "no 'joy'"),
        (",", "names no emotion"),
        ("{", "not JSON"),
        ('{"anger": 3}', "a name"),
        ("{}", "names no emotion"),
        ("{" * 3000, "not JSON"),
    ],
)
def test_labels_that_cannot_be_told_are_explained(labels, why):
    with pytest.raises(UndertoneError, match=why):
        View.parse(labels).of(PREDICTION)
