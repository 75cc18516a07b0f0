"""The contact centre of the examples, on a live service."""

import io
import json
import wave
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
import yaml
from rich.console import Console
from typer.testing import CliRunner

from examples.common.retrieval import Embedder, Tfidf, embedder_for
from examples.contact_centre import __main__ as main
from examples.contact_centre import corrections, replies, sample, settings
from examples.contact_centre.mood import Escalation, Moment
from examples.contact_centre.recording import opened
from examples.contact_centre.replies import Replies, Writer
from examples.contact_centre.settings import EscalationRule, SummaryRule
from examples.contact_centre.summary import Summary
from examples.contact_centre.writer import EndpointWriter
from serving.client import Stream
from tests.examples.capturing import WIDTH, WITHOUT_FONTS
from tests.language_models import answer, stand_ins
from tests.serving.serving_harness import Live
from undertone.errors import AudioError, ConfigError, UndertoneError
from undertone.labelling.endpoint import Endpoint

FELT = ["neutral", "sadness", "anger", "anger", "surprise", "happiness"]
SAID = [text for who, text, _ in sample.TALK if who == "customer"]
VALENCE = {"anger": -0.5, "sadness": -0.6, "neutral": 0.0, "happiness": 0.8}
RULE = EscalationRule(
    utterances=2, negative=0.6, valence=-0.4, calm=0.4, emotions=("anger", "sadness")
)


def moment(emotion: str, text: str = "", at: float = 0.0, sure: float = 0.9) -> Moment:
    distribution = {emotion: sure, "neutral": 1 - sure} if emotion != "neutral" else {"neutral": 1}
    valence = sure * VALENCE.get(emotion, 0.0)
    return Moment(at, at + 1, text, emotion, distribution, valence, f"p{at:g}")


@dataclass
class Heard:
    """A call that was followed: the recording, what was sent of it, what was printed and kept."""

    recording: Path
    sent: bytes
    printed: str
    out: Path

    @property
    def summary(self) -> dict:
        return json.loads((self.out / "summary.json").read_text())

    @property
    def table(self) -> pd.DataFrame:
        return pd.read_csv(self.out / "utterances.csv", keep_default_na=False)


@pytest.fixture(scope="module")
def heard(service: str, pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Heard:
    folder = tmp_path_factory.mktemp("call")
    recording, out, sent = folder / "call.wav", folder / "call", []

    async def spied(self: Stream, pcm: bytes) -> None:
        sent.append(pcm)
        await send(self, pcm)

    send = Stream.send
    console = Console(record=True, width=WIDTH, file=io.StringIO())
    sample.write(recording)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stream, "send", spied)
        patch.setattr(main, "Console", lambda: console)
        command = ["hear", str(recording), "--url", service, "--out", str(out), "--pace", "8"]
        done = CliRunner().invoke(main.app, command, catch_exceptions=False)
    assert done.output == f"6 utterances → {out}\n"
    _draw(console, out, pictures)
    return Heard(recording, b"".join(sent), console.export_text(), out)


def _draw(console: Console, out: Path, pictures: Path) -> None:
    pictures.mkdir(parents=True, exist_ok=True)
    (pictures / "contact-centre-arc.png").write_bytes((out / "arc.png").read_bytes())
    picture = str(pictures / "contact-centre.svg")
    how = {"unique_id": "contact-centre", "code_format": WITHOUT_FONTS, "clear": False}
    console.save_svg(picture, title="The agent's desk", **how)


def test_the_customers_channel_alone_leaves_the_machine(heard: Heard) -> None:
    samples, _ = soundfile.read(heard.recording, dtype="int16")
    agent, customer = samples.T
    assert heard.sent == customer.tobytes()
    assert np.abs(agent).max() > 1000


def test_every_utterance_is_judged_as_the_customers(heard: Heard, live: Live) -> None:
    assert list(heard.table["text"]) == SAID
    assert list(heard.table["emotion"]) == FELT
    kept = live.store.predictions().set_index("id").loc[heard.table["prediction_id"]]
    assert set(kept["role"]) == {"customer"}
    assert set(kept["call_id"]) == {"call"}


def test_a_supervisor_is_called_once_and_the_mood_turns(heard: Heard) -> None:
    (alert,) = heard.summary["alerts"]
    assert alert["at"] == heard.table["end"][2]
    assert "negative over the last 2 utterances, limit 60%" in alert["reason"]
    assert heard.printed.count("Supervisor, please") == 1
    (turn,) = heard.summary["turning_points"]
    assert (turn["change"], turn["text"]) == ("better", SAID[2])


def test_replies_fit_emotion_and_content(heard: Heard) -> None:
    printed = " ".join(heard.printed.split())
    for part in (
        "I am so sorry, that must be a real disappointment",
        "A broken or useless heater, lamp, printer or camera is repaired",
        "You are right to be angry, and you shall have your money back",
        "I am glad to hear that",
    ):
        assert part in printed


def test_corrections_come_back_as_feedback(heard: Heard, live: Live) -> None:
    table = heard.out / "corrected.csv"
    rows = heard.table
    rows.loc[1, "correction"] = " Fear "
    rows.to_csv(table, index=False)
    command = ["correct", str(table), "--by", "desk 7", "--url", live.url]
    assert "1 corrections sent" in CliRunner().invoke(main.app, command).output
    labelled = live.store.labelled().frame.set_index("id")
    assert labelled.loc[rows["prediction_id"][1], "feedback_emotion"] == "fear"
    rows.loc[2, "correction"] = "cross"
    rows.to_csv(table, index=False)
    with pytest.raises(UndertoneError, match=r"corrected\.csv, line 4: .*cross"):
        corrections.send(live.client, table, "desk 7")


def test_a_table_of_something_else_is_no_table_of_a_call(live: Live, tmp_path: Path) -> None:
    table = tmp_path / "other.csv"
    table.write_text("a,b\n1,2\n")
    with pytest.raises(UndertoneError, match="has no column correction"):
        corrections.send(live.client, table, "me")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"heard": "agent"}, "the emotions of an agent must not be inferred"),
        ({"heard": "caller"}, "'channels' must name caller once"),
        ({"channels": ["customer", "customer"]}, "'channels' must name customer once"),
    ],
)
def test_a_policy_that_hears_agents_is_refused(
    tmp_path: Path, changes: dict[str, object], said: str
) -> None:
    values = yaml.safe_load((settings.HERE / "settings.yaml").read_text())
    values["policy"] |= changes
    (tmp_path / "settings.yaml").write_text(yaml.safe_dump(values))
    with pytest.raises(ConfigError, match=said):
        settings.load(tmp_path / "settings.yaml")


def test_an_alert_stands_until_the_customer_is_calm() -> None:
    watched = Escalation(RULE)
    course = ["anger", "unknown", "anger", "anger", "neutral", "neutral", "anger", "anger"]
    raised = [bool(watched.see(moment(name, at=at))) for at, name in enumerate(course)]
    assert [at for at, told in enumerate(raised) if told] == [2, 7]


def test_an_unpleasant_mood_of_many_emotions_is_escalated_too() -> None:
    watched = Escalation(RULE)
    vague = replace(moment("anger", sure=0.5), valence=-0.45)
    assert [watched.see(vague) is None for _ in range(2)] == [True, False]
    assert "valence -0.45 over the last 2 utterances, limit -0.40" in watched.alerts[0].reason


def library_and(embedder: Callable[[list[str]], Embedder], writer: Writer | None = None) -> Replies:
    library = replies.load()
    texts = [said for one in library.templates for said in one.asked]
    texts += [f"{one.title}. {one.text}" for one in library.knowledge]
    return Replies(library, settings.load().replies, embedder=embedder(texts), writer=writer)


@pytest.fixture(scope="module", params=[Tfidf, embedder_for])
def proposals(request: pytest.FixtureRequest) -> Replies:
    """By words alone, and by the best embedder there is here."""
    return library_and(request.param)


def test_the_same_words_get_another_reply_in_another_mood(proposals: Replies) -> None:
    angry, calm = (proposals.best(moment(name, SAID[3])) for name in ("anger", "neutral"))
    assert (angry.source, calm.source) == ("template", "template")
    assert angry.text.startswith("You are right to be angry")
    assert calm.text.startswith("Of course.")


def test_what_was_not_seen_before_is_answered_from_the_knowledge_base(proposals: Replies) -> None:
    reply = proposals.best(moment("fear", "the printer is broken"))
    assert reply.source == "knowledge"
    assert reply.text.startswith("Please do not worry")
    assert "repaired without charge" in reply.text


def test_a_template_is_for_customers_in_its_emotions_alone(proposals: Replies) -> None:
    pleased, angry = (
        proposals.best(moment(name, "the heater, thank you so much"))
        for name in ("happiness", "anger")
    )
    assert pleased.source == "template" != angry.source


@pytest.mark.parametrize("text", ["", "qui sait"])
def test_where_nothing_is_known_the_agent_is_told_to_ask(proposals: Replies, text: str) -> None:
    assert proposals.best(moment("neutral", text)).source == "nothing"


def test_without_a_sentence_encoder_words_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UNDERTONE_MODELS", raising=False)
    assert embedder_for(["a text", "another"]).name == "TF-IDF"


def test_a_language_model_writes_from_the_passages_alone() -> None:
    with stand_ins() as start:
        server = start(answer("We repair it for you."))
        writer = EndpointWriter(Endpoint(server.url, "tiny"))
        proposals = library_and(Tfidf, writer)
        reply = proposals.best(moment("anger", "the printer is broken"))
        assert proposals.best(moment("anger", SAID[3])).source == "template"
    assert (reply.text, reply.source) == ("We repair it for you.", "model")
    (asked,) = server.asked
    system, user = asked["messages"]
    assert "feels anger" in system["content"]
    assert "- Repairs: A broken or useless heater" in system["content"]
    assert user == {"role": "user", "content": "the printer is broken"}


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ((500, {}), "HTTPStatusError"),
        ((200, {"choices": []}), "IndexError"),
        (answer(""), "wrote 0 characters"),
        (answer("x" * 700), "wrote 700 characters"),
        (0.5, "ReadTimeout"),
    ],
)
def test_where_the_language_model_fails_the_passage_is_told(said: object, problem: str) -> None:
    with stand_ins() as start:
        writer = EndpointWriter(Endpoint(start(said).url, "tiny", timeout_s=0.2))
        proposals = library_and(Tfidf, writer)
        reply = proposals.best(moment("anger", "the printer is broken"))
    assert reply.source == "knowledge"
    assert problem in (reply.problem or "")


def test_turning_points_are_highs_and_lows_that_stand_out() -> None:
    course = ["neutral", "happiness", "anger", "anger", "neutral", "unknown", "happiness"]
    moments = [moment(name, name, at) for at, name in enumerate(course)]
    summary = Summary(moments, [], SummaryRule(utterances=1, turn=0.3))
    assert [(turn.at, turn.change) for turn in summary.turns] == [(2, "worse"), (3, "better")]
    told = summary.as_json()
    assert (told["utterances"], told["unknown"], len(told["arc"])) == (7, 1, 6)


def test_a_call_in_which_nobody_was_heard_has_a_summary(tmp_path: Path) -> None:
    Summary([], [], SummaryRule(utterances=2, turn=0.3)).write(tmp_path, "silent.wav")
    assert json.loads((tmp_path / "summary.json").read_text())["arc"] == []
    assert len(pd.read_csv(tmp_path / "utterances.csv")) == 0


@pytest.mark.parametrize(("channels", "width", "rate"), [(1, 2, 8000), (2, 1, 8000), (2, 2, 44100)])
def test_a_recording_that_cannot_be_streamed_is_refused(
    tmp_path: Path, channels: int, width: int, rate: int
) -> None:
    path = tmp_path / "call.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
    with pytest.raises(AudioError, match="must have two channels of 16-bit"), opened(path):
        pass


def test_a_recording_that_is_none_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.wav", Path(__file__)):
        with pytest.raises(AudioError, match="cannot be read as a WAV file"), opened(path):
            pass
