"""What Prometheus sees beside Bento's own request counts."""

from functools import cache


class Metrics:
    """The service's own figures. Bento sets up Prometheus before a service starts, not before."""

    def __init__(self) -> None:
        from prometheus_client import Counter, Gauge, Histogram

        shares = [tenth / 10 for tenth in range(1, 11)]
        self.predictions = Counter(
            "undertone_predictions", "Predictions by emotion.", ["emotion", "model_tag"]
        )
        self.confidence = Histogram(
            "undertone_confidence", "Probability of the predicted emotion.", buckets=shares
        )
        self.inference = Histogram(
            "undertone_inference_seconds", "Time from the queue's head to the distribution."
        )
        self.champion = Gauge(
            "undertone_champion",
            "1 for the model that answers.",
            ["model_tag"],
            multiprocess_mode="livemax",
        )
        self.swaps = Counter("undertone_swaps", "Champions taken into service.")
        self.load_failures = Counter(
            "undertone_load_failures", "Champions that could not be loaded."
        )
        self.unrecorded = Counter(
            "undertone_unrecorded", "Predictions that the operational store did not take."
        )


@cache
def metrics() -> Metrics:
    """The figures of this process."""
    return Metrics()
