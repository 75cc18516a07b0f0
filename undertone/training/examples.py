"""What the fused model learns from and is measured on: manifest rows and what Whisper heard."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from undertone.dimensions import NAMES
from undertone.errors import CorpusError
from undertone.labels import EMOTIONS
from undertone.manifest import read_manifest
from undertone.model.config import AUDIO
from undertone.shards.members import member_of

ACOUSTIC_FILE = "acoustic.safetensors"
ENOUGH = 10_000  # utterances for what is fitted once: standardisation, novelty, weights of layers


@dataclass(frozen=True)
class Examples:
    """N utterances.

    Attributes:
        rows: their manifest rows; `path` and `image_path` are absolute.
        statistics: acoustic statistics of the Whisper that listened [N, L + 1, 2·D]; rows without
            a recording mean nothing.
        views: those of changed views of each recording [N, V, L + 1, 2·D], to train on beside it;
            none where nobody listened to any.
    """

    rows: pd.DataFrame
    statistics: Tensor
    views: Tensor | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, chosen: npt.ArrayLike) -> "Examples":
        """The examples of a boolean mask [N] or of positions, in that order.

        A stretch of them shares its statistics with these: in a file, they stay there.
        """
        picked = np.asarray(chosen)
        index = np.flatnonzero(picked) if picked.dtype == np.bool_ else picked
        stretch = len(index) > 0 and bool((np.diff(index) == 1).all())
        places = slice(index[0], index[-1] + 1) if stretch else torch.as_tensor(index)
        return Examples(
            self.rows.iloc[index].reset_index(drop=True),
            self.statistics[places],
            None if self.views is None else self.views[places],
        )

    def of_split(self, split: str) -> "Examples":
        """The examples of one split."""
        return self.take((self.rows["split"] == split).to_numpy())

    def some(self, most: int = ENOUGH) -> "Examples":
        """As many as what is fitted once needs, evenly spread.

        In shards each stretch is a sample, and fewer shards are read for it: then the first.
        """
        if len(self) <= most:
            return self
        first = self.paths("path")[0]
        sharded = first is not None and member_of(first) is not None
        return self.take(np.linspace(0, most - 1 if sharded else len(self) - 1, most).astype(int))

    @staticmethod
    def concat(parts: Sequence["Examples"]) -> "Examples":
        """All examples of `parts`, one part after the other, with as many views as all have."""
        views = [part.views for part in parts if part.views is not None]
        fewest = min((given.shape[1] for given in views), default=0)
        return Examples(
            pd.concat([part.rows for part in parts], ignore_index=True),
            torch.cat([part.statistics for part in parts]),
            torch.cat([given[:, :fewest] for given in views]) if len(views) == len(parts) else None,
        )

    def numbers(self) -> range:
        """Numbers of the views to train on: 0, the recording as it is, and those heard beside."""
        return range(1 if self.views is None else 1 + self.views.shape[1])

    def in_view(self, number: int) -> "Examples":
        """The examples with the statistics of one view of their recordings in place of theirs."""
        if not number or self.views is None:
            return self
        return replace(self, statistics=self.views[:, number - 1])

    def heard(self) -> Tensor:
        """Statistics of all recordings [M, L + 1, 2·D]: as they are, and then every view."""
        voiced = self.present()[:, AUDIO]
        plain = self.statistics if bool(voiced.all()) else self.statistics[voiced]
        return plain if self.views is None else torch.cat([plain, self.views[voiced].flatten(0, 1)])

    def texts(self) -> list[str]:
        """What was heard, or what the corpus tells where nothing was; empty where neither is."""
        heard = _strings(self.rows["transcript"])
        told = _strings(self.rows["text"])
        return [first or second for first, second in zip(heard, told, strict=True)]

    def contexts(self) -> list[str]:
        """What was said before, in the same dialogue; empty where nothing was, or is known."""
        return _strings(self.rows["context"])

    def paths(self, column: str) -> list[Path | None]:
        """Files of column `path` or `image_path`, none where a row has no file."""
        return [Path(name) if name else None for name in _strings(self.rows[column])]

    def present(self) -> Tensor:
        """Which modalities each example has [N, 3], in the order audio, text, image."""
        columns = [
            [path is not None for path in self.paths("path")],
            [bool(text) for text in self.texts()],
            [path is not None for path in self.paths("image_path")],
        ]
        return torch.tensor(columns, dtype=torch.bool).T

    def targets(self, labels: Sequence[str]) -> Tensor:
        """Index in `labels` of each example's emotion [N].

        Raises:
            CorpusError: an emotion is not one of `labels`.
        """
        unknown = sorted(set(self.rows["emotion"]) - set(labels))
        if unknown:
            raise CorpusError(
                f"The model knows {', '.join(labels)}, but the corpus also has "
                f"{', '.join(unknown)}. Train a new model, or leave these utterances out."
            )
        place = {label: index for index, label in enumerate(labels)}
        return torch.tensor([place[emotion] for emotion in self.rows["emotion"]])

    def dimensions(self) -> Tensor:
        """Labelled valence, arousal and dominance of each example [N, 3], NaN where unknown."""
        columns = self.rows[list(NAMES)].apply(pd.to_numeric)
        return torch.from_numpy(columns.to_numpy(np.float32, na_value=np.nan))


def labels_of(rows: pd.DataFrame) -> tuple[str, ...]:
    """The emotions of manifest rows, in the order of `undertone.labels.EMOTIONS`."""
    found = set(rows["emotion"])
    return tuple(emotion for emotion in EMOTIONS if emotion in found)


def load_examples(
    corpus: Path, heard: Path, split: str | None = None, *, words: bool = True
) -> Examples:
    """Read a corpus and what was heard in it.

    Args:
        corpus: a corpus folder, whose recordings and images the rows point to.
        heard: its heard folder, whose manifest and statistics are read.
        split: `train`, `validation` or `test`; all of them without it.
        words: whether the times of words are wanted.

    Raises:
        CorpusError: a folder is not what it should be, the two do not belong together, or the
            split is empty.
    """
    rows = read_manifest(heard, without=() if words else ("words",))
    statistics, views = _read_statistics(heard / ACOUSTIC_FILE)
    if len(rows) != len(statistics):
        raise CorpusError(
            f"{heard} has {len(rows)} utterances but statistics of {len(statistics)}. Hear again."
        )
    for column in ("path", "image_path"):
        rows[column] = [str(corpus / name) if name else None for name in _strings(rows[column])]
    examples = Examples(rows, statistics, views)
    if split is not None:
        examples = examples.of_split(split)
    if not len(examples):
        raise CorpusError(f"{heard} has no utterances in split '{split}'.")
    return examples


def _read_statistics(file: Path) -> tuple[Tensor, Tensor | None]:
    if not file.is_file():
        raise CorpusError(f"{file} does not exist: hear the corpus first ('undertone hear').")
    try:
        stored = load_file(file)
        views = stored["views"].transpose(0, 1).float() if "views" in stored else None
        return stored["statistics"].float(), views
    except (SafetensorError, KeyError) as error:
        raise CorpusError(f"{file} holds no statistics: {error}. Hear the corpus again.") from error


def _strings(column: pd.Series) -> list[str]:
    return [value.strip() if isinstance(value, str) else "" for value in column]
