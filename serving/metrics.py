"""What Prometheus sees beside Bento's own request counts."""

from functools import cache

from undertone.prediction import Prediction


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
        self.stages = Histogram(
            "undertone_stage_seconds",
            "Time of each stage of an answer; of a stage that utterances shared, the whole.",
            ["stage"],
        )
        self.batch = Histogram(
            "undertone_batch_size",
            "Utterances that went through the model together.",
            buckets=[1, 2, 4, 8, 16, 32],
        )
        self.queue = Gauge("undertone_queue", "Utterances that wait.", multiprocess_mode="livesum")
        self.shadow = Counter(
            "undertone_shadow", "Answers that the challenger looked on at.", ["agrees"]
        )
        self.model = Gauge(
            "undertone_model",
            "1 for the model that a pointer names, champion or challenger.",
            ["pointer", "model_tag"],
            multiprocess_mode="livemax",
        )
        self.swaps = Counter("undertone_swaps", "Models taken into service.")
        self.load_failures = Counter("undertone_load_failures", "Models that could not be loaded.")
        self.unrecorded = Counter(
            "undertone_unrecorded", "Predictions that the operational store did not take."
        )

    def count(self, prediction: Prediction, model_tag: str) -> None:
        """Count an answer."""
        self.predictions.labels(prediction.emotion, model_tag).inc()
        self.confidence.observe(prediction.confidence)
        for stage, milliseconds in prediction.timings_ms.items():
            self.stages.labels(stage).observe(milliseconds / 1000)


@cache
def metrics() -> Metrics:
    """The figures of this process."""
    return Metrics()
