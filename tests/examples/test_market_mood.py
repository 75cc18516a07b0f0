"""The market's mood of the examples, on a live service."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from examples.market_mood import sample, settings, simulation
from examples.market_mood.__main__ import app
from examples.market_mood.alerts import Alert
from examples.market_mood.items import Item, Judged, read
from examples.market_mood.judging import Topics
from examples.market_mood.settings import Settings
from examples.market_mood.watch import Watch
from monitoring.surges import Surge
from undertone.errors import UndertoneError

RULES = settings.load()
START = datetime(2026, 1, 5, tzinfo=UTC)
TOPIC, BEGINS, ENDS = sample.SURGE
POSITIVE, NEGATIVE = (
    {"positive": 0.9, "neutral": 0.05, "negative": 0.05},
    {"positive": 0.05, "neutral": 0.05, "negative": 0.9},
)


def judged(number: int, hours: float, negative: bool, **more: object) -> Judged:
    values = {
        "id": f"i{number}",
        "at": START + timedelta(hours=hours),
        "text": "so it is",
        "topic": "banks",
        "polarity": "negative" if negative else "positive",
        "shares": NEGATIVE if negative else POSITIVE,
        "emotion": "anger" if negative else "happiness",
        "distribution": {},
        "prediction_id": f"p{number}",
    }
    return Judged.model_validate(values | more)


def quiet_days(days: float, a_day: int = 24) -> list[Judged]:
    """One in five negative."""
    return [judged(at, 24 * at / a_day, at % 5 == 0) for at in range(round(days * a_day))]


def alerts_of(items: list[Judged], rules: Settings = RULES) -> list[Alert]:
    watch = Watch(rules)
    for item in items:
        watch.see(item)
    watch.close()
    return watch.alerts


@dataclass
class Followed:
    """A stream that was followed: what was printed, and where what was made lies."""

    printed: str
    out: Path

    @property
    def alerts(self) -> list[dict]:
        return json.loads((self.out / "alerts.json").read_text())

    @property
    def judged(self) -> pd.DataFrame:
        return pd.DataFrame(one.model_dump() for one in read(self.out / "judged.jsonl", Judged))


@pytest.fixture(scope="module")
def followed(service: str, pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Followed:
    folder = tmp_path_factory.mktemp("market")
    stream, out = sample.write(folder / "stream"), folder / "out"
    command = ["follow", str(stream), "--out", str(out), "--url", service]
    done = CliRunner().invoke(app, command, catch_exceptions=False)
    assert done.exit_code == 0
    pictures.mkdir(parents=True, exist_ok=True)
    (pictures / "market-mood.png").write_bytes((out / "board.png").read_bytes())
    return Followed(done.output, out)


def test_topic_polarity_and_emotion_are_told_of_texts_and_clips(followed: Followed) -> None:
    items = followed.judged.set_index("id")
    assert len(items) == sample.DAYS * sample.A_DAY * len(sample.SUBJECTS) + len(sample.CALL)
    texts = items[~items.index.str.startswith("call-")]
    assert (texts["topic"] == texts.index.str.rpartition("-").get_level_values(0)).mean() > 0.95
    clips = items[items.index.str.startswith("call-")]
    assert list(clips["emotion"]) == ["sadness", "anger"]
    assert set(clips["polarity"]) == {"negative"}
    assert list(clips["text"]) == [text for text, _ in sample.CALL]
    assert set(items.loc[items["emotion"] == "happiness", "polarity"]) == {"positive"}


def test_the_surge_and_nothing_else_is_told_with_its_evidence(followed: Followed) -> None:
    (begins,) = map(Alert.model_validate, followed.alerts)
    assert (begins.topic, begins.surge) == (TOPIC, Surge.BEGINS)
    assert BEGINS < begins.at - sample.START <= ENDS
    assert begins.negative - begins.half_width > begins.limit > begins.usual
    assert min(one.negative for one in begins.proof) > 0.5
    assert {one.emotion for one in begins.proof} <= {"anger", "fear", "sadness"}
    assert "banks: a surge of negative items begins" in followed.printed


def test_a_replay_reproduces_each_alert(followed: Followed) -> None:
    done = CliRunner().invoke(app, ["replay", str(followed.out)], catch_exceptions=False)
    assert "1 alerts, each the same as before" in done.output
    (followed.out / "changed").mkdir()
    for name in ("judged.jsonl", "alerts.json"):
        (followed.out / "changed" / name).write_bytes((followed.out / name).read_bytes())
    (followed.out / "changed" / "alerts.json").write_text("[]")
    with pytest.raises(UndertoneError, match="The alerts are not those of"):
        CliRunner().invoke(app, ["replay", str(followed.out / "changed")], catch_exceptions=False)


def test_the_board_needs_nothing_from_elsewhere(followed: Followed) -> None:
    page = (followed.out / "board.html").read_text()
    assert "banks: negative share" in page
    assert "<script src" not in page


def test_false_alarms_are_as_rare_as_stated() -> None:
    found = simulation.alarms(RULES, months=4)
    assert found <= RULES.false_alarms_per_30_days


def test_a_true_surge_is_told() -> None:
    one = RULES.model_copy(update={"topics": {"banks": "bank"}})
    assert simulation.alarms(one, months=3, risen=0.3) >= 1


def test_a_surge_begins_and_ends() -> None:
    days = quiet_days(70)
    surge = [judged(9000 + at, 24 * 20 + 0.1 * at, True) for at in range(20)]
    items = sorted([*days, *surge], key=lambda item: item.at)
    assert [one.surge for one in alerts_of(items)] == [Surge.BEGINS, Surge.ENDS]


def test_what_swings_by_the_hour_has_a_limit_further_off() -> None:
    items = [*quiet_days(12), *(judged(900 + at, 24 * 12 + 0.1 * at, True) for at in range(20))]
    swinging = RULES.model_copy(update={"swings": True})
    (plain,), timed = alerts_of(items), Watch(swinging)
    for item in items:
        timed.see(item)
    timed.close()
    assert timed.windows[0].limit > plain.limit


def test_a_story_and_its_copies_count_once() -> None:
    days = quiet_days(12)
    copies = [judged(900 + at, 24 * 12 + 0.1 * at, True) for at in range(20)]
    as_one = [item.model_copy(update={"story": "one"}) for item in copies]
    assert [one.surge for one in alerts_of(days + copies)] == [Surge.BEGINS]
    assert alerts_of(days + as_one) == []


def test_a_topic_that_is_new_is_not_watched() -> None:
    days = quiet_days(12)
    new = [judged(900 + at, 24 * 12 + 0.1 * at, True, topic="new") for at in range(20)]
    assert alerts_of(days + new) == []


def test_a_stream_too_thin_for_a_baseline_is_refused() -> None:
    with pytest.raises(UndertoneError, match="No topic has 30 items in the first 10 days"):
        alerts_of(quiet_days(12, a_day=2))


def test_what_no_topic_describes_is_something_else() -> None:
    topics = Topics(RULES.topics)
    assert topics.of("the oil refinery stands still") == "energy"
    assert topics.of("qxv") == topics.of("") == "other"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "Invalid JSON"),
        ('{"id": "a", "at": "2026-01-05T00:00:00Z"}', "either a text or a clip"),
        ('{"id": "a", "at": "2026-01-05T00:00:00Z", "clip": "../a.wav"}', "lies below the folder"),
        ('{"id": "a", "at": "2026-01-05T00:00:00", "text": "x"}', "at: "),
        ('{"id": "a", "at": "2025-01-05T00:00:00Z", "text": "x"}', "Sort the lines"),
    ],
)
def test_a_line_that_cannot_be_used_is_named(tmp_path: Path, line: str, said: str) -> None:
    stream = tmp_path / "stream.jsonl"
    first = Item(id="first", at=START, text="x").model_dump_json(exclude_none=True)
    stream.write_text(f"{first}\n{line}\n")
    with pytest.raises(UndertoneError, match=rf"stream\.jsonl:2: .*{said}"):
        list(read(stream, Item))


def test_a_stream_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(UndertoneError, match="cannot be read"):
        list(read(tmp_path / "none.jsonl", Item))
