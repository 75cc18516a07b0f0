import json
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from observed import make_frame
from scipy.special import gammaln

from monitoring.calls import Calls
from monitoring.evidence import MOST_WINDOWS, Evidence, Window
from monitoring.finding import Finding, Verdict
from monitoring.gate import DriftGate
from monitoring.ranks import Array
from monitoring.reference import Reference
from monitoring.resolution import check_ids
from monitoring.simulation import Traffic
from undertone.config import DriftParams
from undertone.errors import ModelError

USUAL = Traffic((0.42, 0.16, 0.12, 0.30))


def gate_on(
    traffic: Traffic, rng: np.random.Generator, *, calls: int = 1000, **settings: float
) -> DriftGate:
    return DriftGate(Reference.from_frame(traffic.frame(calls, rng)), DriftParams(**settings))


def summed(gate: DriftGate, frame: pd.DataFrame) -> Window:
    return gate.window(Calls.of_frame(frame, gate.reference.emotions, gate.reference.ranks))


def judge(
    gate: DriftGate, evidence: Evidence, frame: pd.DataFrame, elapsed: float = 1.0
) -> tuple[Evidence, Finding]:
    return gate.judge(evidence, summed(gate, frame), elapsed)


def every_call(clips: int, classes: int) -> Array:
    calls = [c for c in product(range(clips + 1), repeat=classes) if sum(c) == clips]
    return np.array(calls, dtype=float)


def probability(counts: Array, mean: Array, likeness: float) -> Array:
    """Of each call under the Dirichlet-multinomial with this mean."""
    alpha = mean * (1 - likeness) / likeness
    total, clips = alpha.sum(), counts[0].sum()
    log = gammaln(clips + 1) + gammaln(total) - gammaln(clips + total)
    terms = gammaln(counts + alpha) - gammaln(alpha) - gammaln(counts + 1)
    return np.exp(log + terms.sum(axis=1))


@settings(max_examples=60, deadline=None)
@given(
    side=st.tuples(*[st.floats(-1, 1)] * 3),
    likeness=st.floats(0.01, 0.9),
    seed=st.integers(0, 3),
)
def test_no_bet_gains_while_the_means_stay_in_the_band(
    side: tuple[float, ...], likeness: float, seed: int
) -> None:
    gate = gate_on(USUAL, np.random.default_rng(seed), shift=0.1)
    moved = gate.reference.mean.copy()
    moved[:3] += np.array(side) * gate.band[:3]
    moved[3] = 1 - moved[:3].sum()
    inside = np.abs(moved - gate.reference.mean) <= gate.band + 1e-12
    counts = every_call(USUAL.clips, 4)
    chance = probability(counts, moved, likeness)
    wealth = [chance @ np.exp(row) for row in _wealth_of_each(gate, counts / USUAL.clips).T]
    assert chance.sum() == pytest.approx(1)
    assert max(np.array(wealth)[inside[gate.bets.channel]]) <= 1 + 1e-9


def _wealth_of_each(gate: DriftGate, calls: Array) -> Array:
    return gate.bets.log_wealth(Calls.of_means(calls))


def test_short_windows_bring_as_little_new_wealth_as_their_time() -> None:
    rng = np.random.default_rng(0)
    gate = gate_on(USUAL, rng)
    nothing = gate.no_calls()
    split = gate.none_yet()
    for _ in range(10):
        split = gate.grow(split, nothing, elapsed=0.1)
    assert split.log_sums == pytest.approx(gate.grow(gate.none_yet(), nothing).log_sums, abs=1e-12)


def test_the_state_through_json_goes_on_as_if_uninterrupted() -> None:
    rng = np.random.default_rng(5)
    gate = DriftGate(Reference.from_frame(make_frame(500, rng)), DriftParams())
    windows = [make_frame(60, rng) for _ in range(6)]
    straight, broken = gate.none_yet(), gate.none_yet()
    for window in windows:
        straight, expected = judge(gate, straight, window)
        broken, found = judge(gate, broken, window)
        text = json.dumps(broken.as_json(), allow_nan=False)
        broken = Evidence.from_json(json.loads(text), len(gate.bets.channel))
        assert found == expected
    assert Finding.from_json(json.loads(json.dumps(found.as_json()))) == found


def test_old_windows_are_joined_but_nothing_is_lost() -> None:
    rng = np.random.default_rng(6)
    gate = gate_on(USUAL, rng)
    evidence = gate.none_yet()
    for _ in range(2 * MOST_WINDOWS):
        window = gate.window(USUAL.calls(1, rng))
        evidence = evidence.after(window, 1.0, calls_kept=np.inf)
    assert len(evidence.windows) <= MOST_WINDOWS
    assert sum(window.calls for window in evidence.windows) == 2 * MOST_WINDOWS


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, {Verdict.STEADY}),
        ({"anger": 0.5}, {Verdict.MIX}),
        ({"telephone": True}, {Verdict.INPUT}),
        ({"gain": -6.0}, {Verdict.INPUT}),
        ({"anger": 0.6, "telephone": True}, {Verdict.BOTH}),
    ],
)
def test_the_verdict_tells_mix_from_input(change: dict[str, float], expected: set[int]) -> None:
    right = 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        gate = DriftGate(Reference.from_frame(make_frame(500, rng)), DriftParams())
        evidence, before = judge(gate, gate.none_yet(), make_frame(500, rng), elapsed=0.01)
        assert before.verdict < Verdict.MIX
        _, found = judge(gate, evidence, make_frame(250, rng, **change), elapsed=0.01)
        right += found.verdict in expected
    assert right >= 9


def test_the_finding_names_what_moved_and_its_interval_holds_the_truth() -> None:
    rng = np.random.default_rng(2)
    gate = gate_on(USUAL, rng, shift=0.10)
    _, found = judge(gate, gate.none_yet(), USUAL.shifted(0.2, 3).frame(200, rng))
    assert found.verdict is Verdict.MIX
    assert found.moved[0].channel in ("disgust", "anger")
    assert abs(found.moved[0].shift) <= 0.2 + found.moved[0].half_width
    assert "points" in found.words


def test_too_little_is_called_too_little() -> None:
    rng = np.random.default_rng(3)
    gate = DriftGate(Reference.from_frame(make_frame(500, rng)), DriftParams())
    _, found = judge(gate, gate.none_yet(), make_frame(12, rng))
    assert found.verdict is Verdict.NOT_ENOUGH
    assert found.calls_missing
    assert f"about {found.calls_missing} more needed" in found.words


def test_a_small_reference_says_so_and_never_calls_steady() -> None:
    rng = np.random.default_rng(4)
    gate = DriftGate(Reference.from_frame(make_frame(60, rng)), DriftParams())
    _, found = judge(gate, gate.none_yet(), make_frame(2000, rng))
    assert found.verdict is Verdict.NOT_ENOUGH
    assert "Too small or too variable" in found.words


@pytest.mark.parametrize(
    ("with_ids", "says"), [(True, "as independent calls do"), (False, "group utterances")]
)
def test_ids_that_are_too_fine_are_noticed(with_ids: bool, says: str) -> None:
    rng = np.random.default_rng(5)
    reference = Reference.from_frame(USUAL.frame(1000, rng, with_ids=with_ids))
    gate = DriftGate(reference, DriftParams())
    evidence = gate.none_yet()
    for _ in range(20):
        window = USUAL.frame(20, rng, with_ids=with_ids)
        evidence = gate.grow(evidence, summed(gate, window))
    assert says in check_ids(reference, evidence.windows)


def test_speakers_widen_the_band_of_a_signal_that_each_brings_along() -> None:
    rng = np.random.default_rng(6)
    frame = make_frame(500, rng)
    voice = frame["speaker_id"].astype(int)
    apart = Reference.from_frame(frame.assign(snr_db=voice * 4.0 + rng.normal(0, 1, 500)))
    mixed = Reference.from_frame(frame)
    snr = apart.channels.index("snr_db")
    assert apart.error[snr] > 3 * mixed.error[snr]


@pytest.mark.parametrize("rows", [0, 5])
def test_a_reference_that_is_too_small_is_refused(rows: int) -> None:
    with pytest.raises(ModelError, match="needs at least"):
        Reference.from_frame(make_frame(rows, np.random.default_rng(0)))
