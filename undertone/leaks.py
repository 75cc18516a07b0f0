"""What must not stand on both sides of a line between training and test."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from undertone.config import AudioParams
from undertone.errors import CorpusError
from undertone.fingerprints import Pair, fingerprint, same_takes
from undertone.progress import track


def assert_no_leak(frame: pd.DataFrame, *, by_speaker: bool = True) -> None:
    """Make sure that no voice, no recording and no utterance stands in two splits.

    Speakers are looked at where there is a recording. A row of text has no voice to recognise,
    and the official splits of text corpora share their characters.

    Args:
        frame: manifest rows with their `split`.
        by_speaker: whether a speaker in two splits is a leak; not so where speaker-dependent
            scores are asked for.

    Raises:
        CorpusError: one does, or a row has no split; names them.
    """
    if frame["split"].isna().any():
        raise CorpusError("Some rows of the manifest have no split. Ingest the corpus again.")
    voiced = frame[frame["path"].notna()]
    looked_at = [("sha256", voiced), ("utterance_id", frame)]
    for column, rows in [("speaker_id", voiced), *looked_at] if by_speaker else looked_at:
        splits = rows.groupby(column)["split"].nunique()
        if leaks := splits.index[splits > 1].tolist():
            raise CorpusError(
                f"{len(leaks)} {column} stand in more than one split: {_named(leaks)}. "
                "Set split.protocol to 'speakers' and ingest the corpus again."
            )


def near_duplicates(recordings: Sequence[Path | None], params: AudioParams) -> list[Pair]:
    """Pairs of recordings that hold the same take, whatever their samples.

    Args:
        recordings: [N] files, or none where an utterance has none.
        params: the bounds on what is decoded.
    """
    from undertone.audio import decode

    places = [place for place, file in enumerate(recordings) if file is not None]
    files = [file for file in recordings if file is not None]
    prints = [fingerprint(decode(file, params).samples) for file in track(files, "fingerprinting")]
    return [
        Pair(places[pair.first], places[pair.second], pair.similarity)
        for pair in same_takes(prints)
    ]


def assert_no_near_duplicates(frame: pd.DataFrame, pairs: Iterable[Pair]) -> None:
    """Make sure that no two recordings of the same take stand in two splits.

    Args:
        frame: manifest rows with their `split`; none for a row that is in no split.
        pairs: from `near_duplicates`, of these rows.

    Raises:
        CorpusError: two do; names them.
    """
    splits, names = frame["split"].to_numpy(), frame["utterance_id"].to_numpy()
    leaks = [
        f"{names[first]} ({splits[first]}) and {names[second]} ({splits[second]})"
        for first, second, _ in pairs
        if isinstance(splits[first], str)
        and isinstance(splits[second], str)
        and splits[first] != splits[second]
    ]
    if leaks:
        raise CorpusError(
            f"{len(leaks)} pairs of recordings in different splits hold the same take: "
            f"{_named(leaks)}. Remove one of each pair from the corpus and ingest it again."
        )


def repeated_sentences(frame: pd.DataFrame) -> int:
    """Test utterances whose sentence the same speaker also says in train or validation.

    Sentences are compared by their letters and digits, in lower case. This is no error: official
    splits of text corpora do it.
    """
    sentences = frame["text"].fillna("").str.lower().str.replace(r"[\W_]+", " ", regex=True)
    keys = frame["speaker_id"] + "\t" + sentences.str.strip()
    said = sentences.str.strip() != ""
    test = frame["split"] == "test"
    return int(np.count_nonzero(keys[test & said].isin(keys[~test & said])))


def _named(names: Sequence[object]) -> str:
    return ", ".join(map(str, names[:5])) + (", …" if len(names) > 5 else "")
