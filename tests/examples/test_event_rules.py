"""The engine of rules: what changes a scene and what does not, and how bad rules are told of."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.events.engine import Change, Engine
from examples.events.facts import Facts
from examples.events.live import listen
from examples.events.rules import Rulebook, load
from serving.schemas import Problem
from serving.streaming.messages import Event, Final, Listening, Provisional, Refused
from tests.examples.capturing import ROOT
from undertone.errors import ConfigError
from undertone.prediction import Dimensions, Modalities, Transcript

TENSE, CALM, BETWEEN = -0.6, 0.4, -0.1
USE = "role: viewer\npurpose: entertainment\n"
SHIPPED = sorted(path.parent.name for path in (ROOT / "examples").glob("*/rules.yaml"))


def rulebook(stay_seconds: float = 0.0) -> Rulebook:
    tense = {"name": "tense", "when": "valence < -0.3", "until": "valence > 0", "events": 2}
    alarm = {"name": "alarm", "when": '"help" in text', "events": 1, "then": {"bell": True}}
    return Rulebook.model_validate(
        {
            "role": "viewer",
            "purpose": "entertainment",
            "stay_seconds": stay_seconds,
            "otherwise": {"light": "day"},
            "rules": [alarm, tense | {"then": {"light": "warm"}}],
        }
    )


def run(book: Rulebook, *valences: float, **facts: object) -> list[Change]:
    engine = Engine(book)
    seen = (
        engine.see(Facts(float(at), valence=one, **facts)) for at, one in enumerate(valences, 1)
    )
    return [change for change in seen if change]


def test_a_scene_begins_when_enough_events_in_a_row_agree():
    assert run(rulebook(), CALM, TENSE, TENSE) == [Change(3.0, "tense", {"light": "warm"})]
    assert run(rulebook(), TENSE, CALM, TENSE, CALM, TENSE) == []


def test_between_begin_and_end_nothing_changes():
    steady = [TENSE, TENSE, BETWEEN, BETWEEN, BETWEEN, CALM, BETWEEN]
    assert [change.rule for change in run(rulebook(), *steady)] == ["tense"]
    ends = run(rulebook(), *steady, CALM, CALM)
    assert ends[1:] == [Change(9.0, "otherwise", {"light": "day"})]


def test_the_first_rule_goes_before_the_others_and_gives_way_after():
    engine = Engine(rulebook())
    said = ["", "", "help me", "", ""]
    seen = [engine.see(Facts(float(at), valence=TENSE, text=one)) for at, one in enumerate(said)]
    assert [change and change.rule for change in seen] == [
        None,
        "tense",
        "alarm",
        "otherwise",
        None,
    ]
    assert engine.see(Facts(5.0, valence=TENSE)).rule == "tense"


def test_an_unknown_emotion_decides_nothing():
    assert run(rulebook(), *[TENSE] * 5, emotion="unknown") == []


@given(st.lists(st.sampled_from([TENSE, BETWEEN, CALM]), max_size=40), st.integers(0, 10))
def test_scenes_stay_as_long_as_they_should(valences, stay):
    changes = run(rulebook(stay), *valences)
    assert all(later.at - earlier.at >= stay for earlier, later in pairwise(changes))
    assert all(earlier.rule != later.rule for earlier, later in pairwise(changes))


@given(st.integers(0, 19), st.booleans())
def test_one_noisy_event_changes_nothing(at, starts_tense):
    steady, noise = (TENSE, CALM) if starts_tense else (CALM, TENSE)
    valences = [steady] * 20
    undisturbed = [change.rule for change in run(rulebook(), *valences)]
    valences[at] = noise
    assert [change.rule for change in run(rulebook(), *valences)] == undisturbed


def final(**fields: object) -> Final:
    heard = {"start": 1.0, "end": 2.5, "prediction_id": "p", "confidence": 0.9, "distribution": {}}
    seen = {"modalities": Modalities(audio=True, text=False, image=False), "emotion": "anger"}
    return Final.model_validate(heard | seen | fields)


def test_the_facts_of_an_event():
    scales = Dimensions(valence=-0.5, arousal=0.6, dominance=0.1, source="derived")
    event = final(dimensions=scales, transcript=Transcript(text="Help Me"))
    assert Facts.of(event) == Facts(2.5, True, "anger", 0.9, -0.5, 0.6, 0.1, "help me")
    assert Facts.of(final()) == Facts(2.5, True, "anger", 0.9)
    so_far = Provisional(start=1.0, end=1.5, emotion="fear", confidence=0.5, distribution={})
    assert Facts.of(so_far) == Facts(1.5, False, "fear", 0.5)


def test_an_utterance_without_an_answer_is_told_of_and_the_next_one_counts(capsys):
    seen = []

    async def events() -> AsyncIterator[Event]:
        yield Refused(error=Problem(code="busy", message="Too much waits."), start=1.0, end=2.0)
        yield Listening(seconds=3.0, speaking=True)
        yield final(transcript=Transcript(text="help"))

    async def see(facts: Facts, change: Change | None) -> None:
        seen.append((facts.text, change and change.rule))

    asyncio.run(listen(events(), Engine(rulebook()), see))
    assert seen == [("help", "alarm")]
    assert capsys.readouterr().err == "1.0 to 2.0 s: Too much waits.\n"


@pytest.mark.parametrize("room", SHIPPED)
def test_the_rules_of_the_rooms_can_be_read(room):
    book = load(ROOT / "examples" / room / "rules.yaml")
    assert book.rules
    assert not book.provisional


def test_there_are_four_rooms():
    assert SHIPPED == ["clinic", "home", "lessons", "play"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("when: valance < 0", "5: rules.0.when: unknown symbol: 'valance' in 'valance < 0'. "),
        ("when: valance < 0", "Did you mean 'valence'?"),
        ('when: valence < "low"', "5: rules.0.when: data type mismatch"),
        ("when: valence <", "5: rules.0.when: syntax error"),
        ("when: true", "5: rules.0.when: a condition is text, not True."),
        ("when: __import__('os')", "5: rules.0.when: unknown symbol: '__import__'"),
        ("wen: ended", "5: rules.0.wen: Extra inputs are not permitted"),
        ("events: 0", "5: rules.0.events: Input should be greater than or equal to 1"),
        ("then: bright", "5: rules.0.then: Input should be a valid dictionary"),
    ],
)
def test_a_bad_rule_is_told_by_file_and_line(tmp_path, line, said):
    path = tmp_path / "rules.yaml"
    given = {"name": "a", "when": "ended", "then": "{}"}
    name, _, value = line.partition(": ")
    rest = "".join(f"    {key}: {one}\n" for key, one in given.items() if key not in (name, "name"))
    path.write_text(f"{USE}rules:\n  - name: a\n    {name}: {value}\n{rest}")
    with pytest.raises(ConfigError) as refused:
        load(path)
    assert said in str(refused.value)
    assert f"{path}:" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ":1: "),
        ("[", ":1: this is no YAML"),
        (USE + "rules: []", ":3: rules: List should have at least 1 item"),
        ("role: king\n" + USE[13:] + "rules: []", ":1: role: Input should be 'customer'"),
        (USE + "rules:\n" + "- {name: a, when: ended, then: {}}\n" * 2, ":4: rules: two rules"),
        (USE, ":1: rules: Field required"),
        ("\x00", ":1: this is no YAML: it has unprintable characters."),
    ],
)
def test_a_bad_file_is_told_by_file_and_line(tmp_path, text, said):
    path = tmp_path / "rules.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"rules\.yaml:") as refused:
        load(path)
    assert said in str(refused.value)


def test_a_missing_file_is_told_of(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.yaml cannot be read"):
        load(tmp_path / "none.yaml")
