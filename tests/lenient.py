"""Settings under which a small retrain is promoted, whatever chance says of its few clips."""

LENIENT = (
    "training.epochs=6",
    "continual.min_labels=40",
    "promotion.min_gain=0",
    "promotion.max_forgetting=0.9",
    "promotion.max_part_loss=1",
    "promotion.max_ece_rise=1",
    "promotion.min_holdout=5",
    "feedback.trusted=[test]",
)
