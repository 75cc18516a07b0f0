from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from observed import KNOWN, make_frame, make_prediction, make_quality
from sqlalchemy import Column, Float, Integer, MetaData, Table, create_engine, insert, select

from monitoring.calls import Calls
from monitoring.ranks import STEPS, Ranks
from monitoring.reference import ranks_of
from monitoring.store import Store

START = datetime(2026, 3, 1, 22, tzinfo=UTC)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200), st.floats(0.01, 10))
def test_ranks_rise_with_the_value_and_their_mean_in_the_reference_is_a_half(
    known: list[float], grain: float
) -> None:
    rank = Ranks.of_values(np.array(known), grain)
    assert len(rank.heights) <= STEPS
    assert rank(np.array(known)).mean() == pytest.approx(0.5)
    assert (np.diff(rank(np.sort(known))) >= 0).all()
    assert ((rank(np.array([-1e9, 1e9])) >= 0) & (rank(np.array([-1e9, 1e9])) <= 1)).all()


def test_the_database_climbs_the_same_stairs() -> None:
    rng = np.random.default_rng(0)
    rank = Ranks.of_values(rng.normal(0, 1, 500), 0.1)
    asked = [*rng.normal(0, 2, 200).tolist(), *rank.edges, None]
    table = Table("asked", MetaData(), Column("at", Integer, primary_key=True), Column("x", Float))
    with create_engine("sqlite://").begin() as connection:
        table.create(connection)
        connection.execute(insert(table), [{"x": value} for value in asked])
        told = connection.execute(select(rank.sql(table.c.x)).order_by(table.c.at)).scalars().all()
    assert told[-1] is None
    assert told[:-1] == rank(np.array(asked[:-1], dtype=float)).tolist()


def test_a_difference_that_nobody_cares_about_is_none() -> None:
    rank = Ranks.of_values(np.full(100, 8000.0), 200.0)
    assert rank(np.array([7950.0, 8000.0, 8090.0])).tolist() == [0.5, 0.5, 0.5]
    assert rank(np.array([3400.0])).tolist() == [0.0]


def test_the_database_sums_up_what_pandas_does(store: Store) -> None:
    rng = np.random.default_rng(1)
    frame = make_frame(300, rng)
    frame["call_id"] = np.where(rng.random(300) < 0.7, rng.integers(0, 60, 300).astype(str), None)
    frame["channel"] = frame["call_id"].map(lambda call: call and f"line {int(call) % 3}")
    frame["created_at"] = [START + timedelta(minutes=minute) for minute in range(300)]
    silent = rng.random(300) < 0.05
    frame.loc[silent, ["snr_db", "bandwidth_hz", "loudness_lufs"]] = np.nan
    for row in frame.itertuples():
        heard = {"snr_db": row.snr_db, "bandwidth_hz": row.bandwidth_hz}
        quality = make_quality(loudness_lufs=row.loudness_lufs, **heard)
        audio = None if silent[row.Index] else quality
        said = make_prediction(row.emotion, confidence=row.confidence, audio=audio)
        store.add_prediction(
            said, call_id=row.call_id, channel=row.channel, created_at=row.created_at
        )
    ranks = ranks_of(frame)
    (told,) = store.calls(KNOWN, ranks, model_tag="emotion:1")
    known = Calls.of_frame(frame, KNOWN, ranks)
    assert told.utterances == known.utterances == 300
    assert _table(told, ranks).equals(_table(known, ranks))
    assert not list(store.calls(KNOWN, ranks, since=START + timedelta(days=9)))


def _table(calls: Calls, ranks: dict[str, Ranks]) -> pd.DataFrame:
    table = pd.DataFrame(calls.means.round(9), columns=[*KNOWN, *ranks])
    table["hour"], table["channel"] = calls.hours, calls.segments["channel"]
    return table.sort_values(list(table.columns)).reset_index(drop=True)
