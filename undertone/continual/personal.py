"""A model of a tenant's own: an adapter on the champion, from their feedback or clips alone."""

from undertone.config import Params

MIN_LABELS = 12
MIN_HOLDOUT = 6
ANYTHING = 1.0  # may be lost elsewhere: the model answers nobody else


def personal(params: Params, tenant: str) -> Params:
    """The settings of a retrain for one tenant.

    The adapter (Hu et al., 2021, arXiv 2106.09685) is trained beside frozen weights, and merged
    into them. It is promoted, for this tenant, if it surely gains on speech of the tenant's that
    it was not trained on.

    Args:
        params: the settings that are not about this.
        tenant: whose feedback counts, and who is answered.
    """
    continual = params.continual.model_copy(
        update={
            "tenant": tenant,
            "strategy": "lora",
            "min_labels": min(MIN_LABELS, params.continual.min_labels),
        }
    )
    promotion = params.promotion.model_copy(
        update={
            "max_forgetting": ANYTHING,
            "max_part_loss": ANYTHING,
            "max_ece_rise": ANYTHING,
            "min_holdout": min(MIN_HOLDOUT, params.promotion.min_holdout),
        }
    )
    return params.model_copy(update={"continual": continual, "promotion": promotion})


def from_clips(params: Params, tenant: str) -> Params:
    """The settings of an adapter from few clips, with old speech rehearsed beside them.

    Args:
        params: the settings; `adapter` says how to train.
        tenant: whose clips they are, and who is answered.
    """
    own, adapter = personal(params, tenant), params.adapter
    asked = adapter.model_dump(include={"epochs", "learning_rate", "replay_share"})
    steps = {"batch_size": adapter.batch_size, "warmup_steps": 0, "select_by": "last"}
    changed = {
        "continual": own.continual.model_copy(update={"strategy": "lora_replay"} | asked),
        "training": own.training.model_copy(update=steps),
        "promotion": own.promotion.model_copy(update={"min_holdout": adapter.min_clips}),
    }
    return own.model_copy(update=changed)
