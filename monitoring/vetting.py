"""Which feedback is learnt from: rules for voices that contradict each other, or flood the loop."""

from dataclasses import dataclass, field

import pandas as pd

from undertone.config import FeedbackParams

SHELL = "the shell"  # who answers there may do anything anyway


@dataclass(frozen=True)
class Vetted:
    """What is left of feedback.

    Attributes:
        labels: a row a prediction: `id`, `feedback_emotion`, `voice` (who it is owed to) and
            `trusted`.
        refused: why the other predictions' feedback is not used, by their ids.
    """

    labels: pd.DataFrame
    refused: dict[str, str] = field(default_factory=dict)


def vet(says: pd.DataFrame, params: FeedbackParams | None) -> Vetted:
    """Settle feedback.

    1. Of a prediction that a trusted voice spoke of, only trusted voices count.
    2. The emotion that most voices name counts; a tie is refused.
    3. A voice that is not trusted, and too often contradicts what others settled, is not heard.
    4. One voice that is not trusted gives a limited share of all labels.

    Saying the same twice, or late, changes nothing: a voice has one say a prediction, whenever it
    comes.

    Args:
        says: a row a say: `id` of the prediction, `emotion`, `voice`, `given_by`.
        params: who is trusted, and the limits; everybody is trusted without.
    """
    names = params.trusted if params else ()
    trusted = says["voice"].isin(names) | (says["given_by"] == SHELL) | (params is None)
    says = says.assign(trusted=trusted)
    contrary = _contrary(says, params) if params else {}
    unheard = says["voice"].isin(contrary) & ~says["trusted"]
    labels, refused = _settled(says[~unheard])
    left = says[unheard & ~says["id"].isin(labels["id"])]
    refused = dict(zip(left["id"], left["voice"].map(contrary), strict=True)) | refused
    if params:
        labels, beyond = _within_quota(labels, params)
        refused |= beyond
    return Vetted(labels.reset_index(drop=True), refused)


def _settled(says: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str]]:
    by_trusted = says.groupby("id")["trusted"].transform("any")
    counted = says[says["trusted"] | ~by_trusted]
    votes = counted.groupby(["id", "emotion"], as_index=False).agg(
        count=("voice", "nunique"), voice=("voice", "min"), trusted=("trusted", "any")
    )
    leading = votes[votes["count"] == votes.groupby("id")["count"].transform("max")]
    tied = leading["id"].duplicated(keep=False)
    refused = dict.fromkeys(leading.loc[tied, "id"], "its sources contradict each other")
    labels = leading[~tied].rename(columns={"emotion": "feedback_emotion"})
    return labels[["id", "feedback_emotion", "voice", "trusted"]], refused


def _contrary(says: pd.DataFrame, params: FeedbackParams) -> dict[str, str]:
    """Voices that too often contradict what the others settled, and what is to be said of them."""
    found = {}
    often = says.loc[~says["trusted"], "voice"].value_counts()
    for voice in sorted(often.index[often >= params.overlap]):
        own, others = says[says["voice"] == voice], says[says["voice"] != voice]
        shared = own.merge(_settled(others)[0], on="id")
        agreed = (shared["emotion"] == shared["feedback_emotion"]).mean()
        if len(shared) >= params.overlap and agreed < params.agreement:
            found[voice] = (
                f"'{voice}' agrees with others on {100 * agreed:.0f} % of {len(shared)} "
                f"predictions, fewer than {100 * params.agreement:.0f} % (feedback.agreement)"
            )
    return found


def _within_quota(
    labels: pd.DataFrame, params: FeedbackParams
) -> tuple[pd.DataFrame, dict[str, str]]:
    sizes = labels.loc[~labels["trusted"], "voice"].value_counts()
    sure = int(labels["trusted"].sum())
    most = next(
        cap
        for cap in range(int(sizes.max() if len(sizes) else 0), -1, -1)
        if cap <= params.quota * (sure + sizes.clip(upper=cap).sum())
    )
    ranked = labels.sort_values("id").groupby("voice").cumcount()
    beyond = (ranked.reindex(labels.index) >= most) & ~labels["trusted"]
    reason = (
        "'{}' is not trusted (feedback.trusted) and gives more than "
        f"{100 * params.quota:.0f} % of all labels (feedback.quota)"
    )
    left = labels[beyond]
    return labels[~beyond], dict(zip(left["id"], left["voice"].map(reason.format), strict=True))
