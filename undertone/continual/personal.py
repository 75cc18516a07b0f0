"""A model of a tenant's own: an adapter on the champion, from that tenant's feedback alone."""

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
