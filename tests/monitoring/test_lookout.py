import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from observed import KNOWN, make_frame, make_prediction

from monitoring.baseline import reference_from, take_baseline
from monitoring.calls import Calls
from monitoring.finding import Verdict
from monitoring.lookout import Lookout, Seen
from monitoring.reference import Reference
from monitoring.simulation import HOURS, Traffic
from monitoring.store import Store
from monitoring.surges import Surge
from undertone.config import DriftParams
from undertone.errors import ConfigError, ModelError

PARAMS = DriftParams()


def calls_of(reference: Reference, frame: pd.DataFrame) -> Calls:
    return Calls.of_frame(frame, reference.emotions, reference.ranks)


class Watch:
    """Looks at one window after the other, the state through JSON each time."""

    def __init__(self, reference: Reference, params: DriftParams = PARAMS) -> None:
        self.reference, self.params, self.state = reference, params, {}

    def __call__(self, *frames: pd.DataFrame) -> Seen:
        lookout = Lookout(self.reference, self.params, json.loads(json.dumps(self.state)))
        seen, self.state = lookout.look([calls_of(self.reference, one) for one in frames], 1.0)
        assert Seen.from_json(json.loads(json.dumps(seen.as_json(), allow_nan=False))) == seen
        return seen


@pytest.fixture(scope="module")
def reference() -> Reference:
    return Reference.from_frame(make_frame(500, np.random.default_rng(1)))


def test_a_surge_begins_goes_on_and_ends(reference: Reference) -> None:
    rng = np.random.default_rng(2)
    watch = Watch(reference)
    course = [0.14, 0.55, 0.55, 0.14, 0.14]
    seen = [watch(make_frame(700, rng, anger=anger)) for anger in course]
    assert [one.surge for one in seen] == [
        Surge.NONE,
        Surge.BEGINS,
        Surge.GOES_ON,
        Surge.ENDS,
        Surge.NONE,
    ]
    assert "A surge of negative emotions begins: Negative +" in (seen[1].alert or "")
    assert "A surge of negative emotions ends" in (seen[3].alert or "")
    assert seen[0].alert is seen[4].alert is None


def test_less_anger_is_no_surge(reference: Reference) -> None:
    watch = Watch(reference)
    calm = make_frame(800, np.random.default_rng(2), anger=0.0)
    assert watch(calm[~calm["emotion"].isin(["fear", "sadness"])]).surge is Surge.NONE


def test_a_segment_is_judged_by_itself_and_named(reference: Reference) -> None:
    rng = np.random.default_rng(3)
    watch = Watch(reference)
    good = make_frame(2000, rng).assign(channel="web", tenant="a")
    bad = make_frame(150, rng, telephone=True).assign(channel="telephone", tenant="a")
    seen = watch(good, bad)
    assert seen.segments["channel telephone"].verdict is Verdict.INPUT
    assert seen.segments["channel web"].verdict is Verdict.STEADY
    assert set(seen.segments) == {"channel telephone", "channel web", "tenant a"}
    assert "In channel telephone: The input changed." in (seen.alert or "")
    assert seen.predictions == 2150


def test_the_largest_segments_are_watched_and_stay_so() -> None:
    rng = np.random.default_rng(4)
    known = Reference.from_frame(make_frame(500, rng))
    watch = Watch(known, PARAMS.model_copy(update={"segments": 2}))
    first = [make_frame(size, rng).assign(tenant=name) for name, size in (("a", 5), ("b", 50))]
    assert set(watch(*first, make_frame(30, rng).assign(tenant="c")).segments) == {
        "tenant b",
        "tenant c",
    }
    later = watch(make_frame(500, rng).assign(tenant="a"), make_frame(5, rng).assign(tenant="b"))
    assert set(later.segments) == {"tenant b"}
    assert later.unwatched == 1


def test_predictions_of_unknown_emotions_are_another_models(reference: Reference) -> None:
    other = make_frame(50, np.random.default_rng(5))
    other.loc[3, "emotion"] = "calm"
    with pytest.raises(ModelError, match="another model's"):
        Watch(reference)(other)


@pytest.mark.parametrize("frames", [(), (make_frame(0, np.random.default_rng(0)),)])
def test_an_empty_window_is_not_enough(
    reference: Reference, frames: tuple[pd.DataFrame, ...]
) -> None:
    seen = Watch(reference)(*frames)
    assert (seen.whole.verdict, seen.surge, seen.alert) == (Verdict.NOT_ENOUGH, Surge.NONE, None)


def test_one_emotion_alone_is_a_changed_mix(reference: Reference) -> None:
    frame = make_frame(300, np.random.default_rng(6), anger=1.0)
    assert Watch(reference)(frame.assign(emotion="anger")).whole.verdict in (2, 4)


def test_hours_of_the_day_are_known_from_a_baseline_of_days() -> None:
    rng = np.random.default_rng(0)
    usual = Traffic((0.42, 0.16, 0.12, 0.30), swing=0.08)
    parts = [usual.calls(12, rng, hour) for hour in range(14 * HOURS)]
    sample = Calls(
        np.concatenate([part.means for part in parts]),
        np.concatenate([part.hours for part in parts]),
    )
    known = Reference.from_baseline(sample, {}, usual.frame(100, rng))
    assert known.season.shape == (HOURS, 4)
    assert np.ptp(known.season[:, 1]) == pytest.approx(0.16, abs=0.04)


def test_days_that_differ_widen_the_band() -> None:
    rng = np.random.default_rng(7)
    steady = Traffic((0.42, 0.16, 0.12, 0.30))
    levels = rng.normal(0, 0.05, 14)
    wobbly = [steady.shifted(float(level), 1) for level in levels]
    errors = []
    for days in ([steady] * 14, wobbly):
        parts = [
            day.calls(10, rng, HOURS * at + hour)
            for at, day in enumerate(days)
            for hour in range(HOURS)
        ]
        sample = Calls(
            np.concatenate([part.means for part in parts]),
            np.concatenate([part.hours for part in parts]),
        )
        errors.append(Reference.from_baseline(sample, {}, steady.frame(100, rng)).error[1])
    assert errors[0] < 0.02 < 0.03 < errors[1]


def test_a_baseline_is_what_live_traffic_is_compared_with(store: Store) -> None:
    rng = np.random.default_rng(8)
    tested = make_frame(500, rng)
    start = datetime(2026, 3, 1, tzinfo=UTC)
    day = timedelta(days=1)
    for number, row in enumerate(make_frame(900, rng, anger=0.5).itertuples()):
        said = make_prediction(row.emotion, confidence=row.confidence)
        store.add_prediction(said, created_at=start + number * day / 100)
    with pytest.raises(ConfigError, match="needs at least 100"):
        take_baseline(store, "emotion:1", tested, since=start, until=start + day / 2, by="ada")
    row = take_baseline(store, "emotion:1", tested, since=start, until=start + 9 * day, by="ada")
    assert store.baseline("emotion:1").id == row.id
    assert store.baseline("emotion:2") is None
    assert store.audit()[-1].action == "baseline taken"
    known = reference_from(store.baseline("emotion:1").details, tested)
    assert known.told == "baseline of 900 calls from 9 days"
    assert set(known.ranks) == {"confidence"}
    angry = make_frame(400, rng, anger=0.5)
    assert Watch(known)(angry).whole.verdict is Verdict.STEADY
    assert Watch(Reference.from_frame(tested))(angry).whole.verdict >= Verdict.MIX
    assert known.emotions == KNOWN
