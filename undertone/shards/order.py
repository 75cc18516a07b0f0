"""The order in which utterances are read from shards, so that few shards are open at a time."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import numpy as np
import numpy.typing as npt
import pandas as pd
from torch.utils.data import Sampler

from undertone.errors import ConfigError, UndertoneError
from undertone.shards.cache import BOUND, bound, open_shard
from undertone.shards.members import member_of
from undertone.shards.table import shard_at

Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Placement:
    """Where N recordings lie.

    Attributes:
        shards: that some of them lie in, as paths in their corpus folders.
        of: index of each recording's shard [N], -1 where it lies in none.
    """

    shards: Sequence[Path]
    of: Places


def placement_of(files: Sequence[Path | None]) -> Placement | None:
    """Where recordings lie; none where none of them lies in a shard."""
    members = (file and member_of(file) for file in files)
    of, shards = pd.factorize(np.array([member and member.shard for member in members], object))
    return Placement(list(shards), of) if len(shards) else None


class Streamed(Sampler[int]):
    """Utterances in an order that the seed and the epoch alone decide, shard after shard.

    Shards come in an order of their own. An utterance comes at a random time between that of its
    shard and `window` shards later: it is mixed with those of as many shards, no more are read from
    at a time, and the next one is fetched meanwhile.

    Args:
        placement: where the recordings lie.
        window: in shards.
        seed: of the order.

    Raises:
        ConfigError: the bound on what shards take here is too small for the window.
    """

    def __init__(self, placement: Placement, window: int, seed: int) -> None:
        self.placement = placement
        self.window = window
        self.seed = seed
        self.epoch = 0
        self._ahead = Thread()
        _require_room(placement, window)

    def __len__(self) -> int:
        return len(self.placement.of)

    def set_epoch(self, epoch: int) -> None:
        """Take the order of an epoch."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        order = self.order()
        shards, firsts = np.unique(self.placement.of[order], return_index=True)
        began = {int(first): shard for first, shard in zip(firsts, shards, strict=True)}
        turns = sorted(began)
        after = dict(zip(turns, [began[turn] for turn in turns[1:]], strict=False))
        for step, place in enumerate(order.tolist()):
            if after.get(step, -1) >= 0:
                self._fetch_ahead(self.placement.shards[after[step]])
            yield place

    def order(self) -> Places:
        """Places of all utterances [N] in the epoch's order."""
        rng = np.random.default_rng([self.seed, self.epoch])
        shards, of = len(self.placement.shards), self.placement.of
        moment = rng.permutation(shards)[of] + self.window * rng.random(len(of))
        anywhere = (shards - 1 + self.window) * rng.random(len(of))
        return np.where(of < 0, anywhere, moment).argsort(kind="stable")

    def _fetch_ahead(self, shard: Path) -> None:
        if not self._ahead.is_alive():
            self._ahead = Thread(target=_fetch, args=(shard,), daemon=True)
            self._ahead.start()


def _fetch(shard: Path) -> None:
    with suppress(UndertoneError):  # whoever reads from it is told
        open_shard(shard).close()


def _require_room(placement: Placement, window: int) -> None:
    largest = max(shard_at(path).size for path in placement.shards)
    at_once = min(window + 2, len(placement.shards)) * largest
    if at_once > bound():
        raise ConfigError(
            f"training.shard_window of {window} needs {at_once / 1e6:,.1f} MB of shards here at a "
            f"time, and {BOUND} lets {bound() / 1e6:,.0f} MB be kept. Raise that, lower the "
            "window, or pack smaller shards (--shard-mb)."
        )
