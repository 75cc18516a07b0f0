"""The recommender: what its scores are made of, whether mood helps, and who is never asked."""

import numpy as np
import pytest

from examples.common.retrieval import Tfidf
from examples.recommender.blend import PARTS, Asked, Blend, Mood
from examples.recommender.catalogue import CATALOGUE, load
from examples.recommender.evaluate import draw, false_gains, table_of
from examples.recommender.evaluation import MOODLESS, evaluate
from examples.recommender.learning import learn
from examples.recommender.logs import WORTH, generate
from tests.examples.capturing import Terminal
from undertone.errors import ConfigError

ANGRY, CALM = Mood(-0.5, 0.8), Mood(0.4, -0.8)
NO_MODELS = {"UNDERTONE_MODELS": ""}
WORDS = "i am furious with the driver"


@pytest.fixture(scope="module")
def catalogue():
    return load(CATALOGUE)


@pytest.fixture(scope="module")
def blend(catalogue):
    embed = Tfidf([item.about for item in catalogue.items])
    return Blend(catalogue.items, catalogue.weights, embed)


@pytest.fixture(scope="module")
def found(catalogue):
    return {effect: evaluate(catalogue, effect, users=120) for effect in (0.0, 8.0)}


def titles(ranking):
    return [one.item.title for one in ranking]


def test_a_score_is_the_sum_of_its_parts(blend):
    for asked in (Asked(), Asked("quiet piano", (3, 4), ANGRY)):
        ranking = blend.rank(asked)
        assert [one.score for one in ranking] == sorted((o.score for o in ranking), reverse=True)
        for one in ranking:
            assert sum(one.by_part.values()) == pytest.approx(one.score)
            assert tuple(one.by_part) == PARTS


def test_mood_words_and_taste_each_move_the_list(blend, catalogue):
    assert blend.rank(Asked(mood=ANGRY))[0].item.arousal > 0.5
    assert blend.rank(Asked(mood=CALM))[0].item.arousal < -0.5
    assert titles(blend.rank(Asked("bedtime stories for children")))[0] == "Tales for small ears"
    metal = [item.title for item in catalogue.items].index("Storm front")
    liking = blend.rank(Asked(liked=(metal,)), len(catalogue.items))
    assert "Storm front" not in titles(liking)
    assert liking[0].by_part["taste"] > 0


def test_of_a_stranger_popularity_alone_is_known(blend, catalogue):
    parts = blend.parts(Asked())
    assert (parts[:, PARTS.index("popularity")] > 0).all()
    assert not parts[:, [PARTS.index(part) for part in PARTS if part != "popularity"]].any()
    best = max(item.popularity for item in catalogue.items)
    assert blend.rank(Asked())[0].item.popularity == best


def test_mood_helps_where_it_counts(found):
    for measure in ("NDCG@10", "MRR"):
        for users in ("all users", "new users"):
            gain = found[8.0].gains[measure, users]
            assert gain.low > 0, (measure, users, gain)
            assert gain.low < gain.gain < gain.high


def test_mood_brings_nothing_where_it_does_not_count(found):
    for key, gain in found[0.0].gains.items():
        assert gain.low <= 0 <= gain.high, (key, gain)
    assert abs(found[0.0].learnt) < 1


def test_controls_are_counted(catalogue):
    assert false_gains(catalogue, users=20, controls=2) == 0


def test_nobody_pays_for_opting_out(found):
    for one in found.values():
        for measure in ("NDCG@10", "MRR"):
            gain = one.gains[measure, "opted out"]
            assert abs(gain.gain) < 0.01


def test_weights_are_learnt_back(catalogue, blend):
    logs = generate(catalogue, blend, effect=4.0, users=150, seed=3)
    known = logs.seen[~logs.cold]
    assert known.shape == (450, 20, len(PARTS))
    learnt = learn(logs)
    assert learnt.words == pytest.approx(WORTH[0], rel=0.3)
    assert learnt.mood == pytest.approx(4.0, rel=0.4)
    assert learn(logs, MOODLESS).mood == 0


def test_logs_differ_by_the_choices_alone(catalogue, blend):
    plain, moved = (generate(catalogue, blend, effect, users=10, seed=3) for effect in (0, 8))
    assert np.array_equal(plain.seen, moved.seen)
    assert not np.array_equal(plain.chosen, moved.chosen)
    assert not plain.seen[plain.cold][:, :, PARTS.index("taste")].any()


def test_the_evaluation_is_drawn_and_printed(found, tmp_path):
    draw(list(found.values()), tmp_path / "gain.png")
    assert (tmp_path / "gain.png").stat().st_size > 10_000
    assert table_of(list(found.values())).row_count == 12


def test_a_user_is_recommended_by_words_and_mood_alike(live, tmp_path, pictures):
    terminal, before = Terminal(tmp_path, live.url), len(live.store.predictions())
    printed = terminal.run(f"python -m examples.recommender --words '{WORDS}'", **NO_MODELS)
    assert f"{WORDS} (mood: valence -0.44, arousal +0.51)" in printed
    rows = live.store.predictions()
    assert len(rows) == before + 1
    assert (rows["role"].iloc[-1], rows["purpose"].iloc[-1]) == ("viewer", "entertainment")
    assert "/predict" in live.log.read_text().splitlines()[-1]
    terminal.draw(pictures / "recommender.svg")


def test_who_opted_out_is_never_asked_about(live, tmp_path):
    terminal, before = Terminal(tmp_path, live.url), live.log.read_text()
    command = f"python -m examples.recommender --no-mood --words '{WORDS}' --liked 'storm front'"
    printed = terminal.run(command, **NO_MODELS)
    assert f"{WORDS} (mood: not known)" in printed
    assert "Storm front" not in printed
    refused = terminal.run("python -m examples.recommender --no-mood --recording x.wav", fails=True)
    assert refused.startswith("error: Without mood nothing is listened to")
    assert live.log.read_text() == before


def test_mistakes_are_told(live, tmp_path):
    terminal = Terminal(tmp_path, live.url)
    said = terminal.run("python -m examples.recommender --no-mood --liked nothing", fails=True)
    assert said == "error: 'nothing' is no title of the catalogue.\n"
    path = tmp_path / "catalogue.yaml"
    path.write_text(CATALOGUE.read_text().replace("valence: 0.3", "valence: 3", 1))
    with pytest.raises(ConfigError, match=r"catalogue.yaml:4: items.0.valence"):
        load(path)
