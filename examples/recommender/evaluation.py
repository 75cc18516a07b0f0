"""Does mood help? The same ranker with and without it, on logs of users that it has not seen."""

from dataclasses import dataclass, replace

import numpy as np

from examples.common.retrieval import Tfidf
from examples.recommender.blend import PARTS, Blend, Floats
from examples.recommender.catalogue import Catalogue, Weights
from examples.recommender.learning import learn
from examples.recommender.logs import SESSIONS, Logs, generate

AT = 10
CONFIDENCE = 0.95
MOODLESS = PARTS[:-1]


@dataclass(frozen=True)
class Gain:
    """What mood brings, with its interval over users."""

    without: float
    with_mood: float
    low: float
    high: float

    @property
    def gain(self) -> float:
        """The difference."""
        return self.with_mood - self.without


@dataclass(frozen=True)
class Found:
    """One evaluation.

    Attributes:
        effect: what mood was worth to the users in truth.
        learnt: what the ranker took it to be worth.
        gains: by measure and users.
    """

    effect: float
    learnt: float
    gains: dict[tuple[str, str], Gain]

    @property
    def of_all(self) -> list[Gain]:
        """The gains of all users, by each measure."""
        return [gain for (_, users), gain in self.gains.items() if users == "all users"]


def evaluate(catalogue: Catalogue, effect: float, users: int = 300, seed: int = 1) -> Found:
    """Learn on some users, with mood and without, and compare on as many others.

    Args:
        catalogue: of the items.
        effect: what mood is worth to the users.
        users: to learn from, and to test on.
        seed: of all chance.
    """
    embed = Tfidf([item.about for item in catalogue.items])
    blend = Blend(catalogue.items, catalogue.weights, embed)
    train, test = (generate(catalogue, blend, effect, users, seed + turn) for turn in (0, 1))
    mood, moodless = learn(train), learn(train, MOODLESS)
    new = test.cold[::SESSIONS]
    without, with_mood, withheld = (
        _measured(test, moodless),
        _measured(test, mood),
        _measured(_withheld(test), mood),
    )
    gains = {}
    for measure, before in without.items():
        gains[measure, "all users"] = _gain(before, with_mood[measure])
        gains[measure, "new users"] = _gain(before[new], with_mood[measure][new])
        gains[measure, "opted out"] = _gain(before, withheld[measure])
    return Found(effect, mood.mood, gains)


def _withheld(logs: Logs) -> Logs:
    """The same sessions, had everybody opted out."""
    known = [part != "mood" for part in PARTS]
    return replace(logs, seen=logs.seen * known)


def _measured(logs: Logs, weights: Weights) -> dict[str, Floats]:
    """Each user's mean NDCG and reciprocal rank [U]; of one chosen item, MRR is sklearn's LRAP."""
    from scipy.stats import rankdata
    from sklearn.metrics import label_ranking_average_precision_score, ndcg_score

    scores = logs.seen @ weights.of(PARTS)
    places = rankdata(-scores, method="ordinal", axis=1)  # of equal ones, the first goes before
    truth = np.eye(scores.shape[1])[logs.chosen]
    of_each = (-1, SESSIONS, scores.shape[1])
    users = list(zip(truth.reshape(of_each), -places.reshape(of_each), strict=True))
    return {
        f"NDCG@{AT}": np.array([ndcg_score(chosen, shown, k=AT) for chosen, shown in users]),
        "MRR": np.array(
            [label_ranking_average_precision_score(chosen, shown) for chosen, shown in users]
        ),
    }


def _gain(without: Floats, with_mood: Floats) -> Gain:
    from scipy.stats import bootstrap

    drawn = bootstrap(
        (with_mood - without,),
        np.mean,
        confidence_level=CONFIDENCE,
        method="percentile",
        rng=np.random.default_rng(0),
    )
    low, high = drawn.confidence_interval
    return Gain(float(without.mean()), float(with_mood.mean()), float(low), float(high))
