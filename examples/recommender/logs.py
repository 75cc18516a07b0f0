"""Logs of users who choose by words, taste, popularity and, as strongly as told, by mood."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from examples.recommender.blend import Asked, Blend, Floats, Mood
from examples.recommender.catalogue import Catalogue

WORTH = (6.0, 4.0, 1.0)  # of words, taste and popularity to every user
CANDIDATES = 20
SESSIONS = 6  # of each user
HEARD_WRONG = 0.3  # deviation of the mood that is heard from the one that is felt
WORDS = 3
LIKED = 3
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Logs:
    """Sessions, in each of which a user chose one of the candidates.

    Attributes:
        cold: whether nothing was known of the user before [S]; `SESSIONS` rows are one user's.
        seen: each candidate's parts as a ranker can know them [S, K, 4].
        chosen: the place of the one that was chosen [S].
    """

    cold: npt.NDArray[np.bool_]
    seen: Floats
    chosen: Ints


def generate(catalogue: Catalogue, blend: Blend, effect: float, users: int, seed: int) -> Logs:
    """Let users choose: by a logit model whose weights are known.

    Args:
        catalogue: of the items.
        blend: computes their parts; its weights are not used.
        effect: what mood is worth to every user, 0 for none. All else follows from `seed`.
        users: how many; every other one is new.
        seed: of all chance.
    """
    rng = np.random.default_rng(seed)
    who, seen, true = np.repeat(np.arange(users), SESSIONS), [], []
    liked = [_some(rng, len(catalogue.items), LIKED) for _ in range(users)]
    for user in who:
        words, mood = _words(rng, catalogue), Mood(*rng.uniform(-1, 1, 2))
        felt = Asked(words, liked[user], mood)
        known = replace(felt, mood=_heard(rng, mood), liked=() if user % 2 else liked[user])
        rows = list(_some(rng, len(catalogue.items), CANDIDATES))
        seen.append(blend.parts(known)[rows])
        true.append(blend.parts(felt)[rows])
    utility = np.array(true) @ np.array([*WORTH, effect]) + rng.gumbel(size=(len(who), CANDIDATES))
    return Logs(who % 2 == 1, np.array(seen), utility.argmax(axis=1))


def _some(rng: np.random.Generator, among: int, count: int) -> tuple[int, ...]:
    return tuple(rng.choice(among, count, replace=False).tolist())


def _words(rng: np.random.Generator, catalogue: Catalogue) -> str:
    """Some words about an item; every third session has none."""
    if rng.random() < 1 / 3:
        return ""
    words = catalogue.items[rng.integers(len(catalogue.items))].about.split()
    return " ".join(rng.choice(words, WORDS))


def _heard(rng: np.random.Generator, felt: Mood) -> Mood:
    return Mood(*(np.array(felt) + rng.normal(0, HEARD_WRONG, 2)).clip(-1, 1))
