"""What Prometheus sees."""

import atexit
import os
import shutil
from functools import cache, partial
from pathlib import Path
from tempfile import gettempdir

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
        self.modalities = Counter(
            "undertone_modalities", "Predictions by what there was of the speaker.", ["modality"]
        )
        self.abstentions = Counter(
            "undertone_abstentions", "Answers 'unknown', by why.", ["reason"]
        )
        self.novelty = Histogram(
            "undertone_ood_score",
            "How unlike the training speech recordings sound; past 1 the answer is 'unknown'.",
            buckets=[0.25, 0.5, 0.75, 1, 1.5, 2, 4],
        )
        self.uses = Counter(
            "undertone_uses", "Predictions by the speaker's role and purpose.", ["role", "purpose"]
        )
        self.snr = Histogram(
            "undertone_snr_db",
            "Signal to noise ratio of recordings.",
            buckets=[0, 5, 10, 15, 20, 30, 40, 60],
        )
        self.clipped = Histogram(
            "undertone_clipped_share",
            "Share of a recording's samples that are clipped.",
            buckets=[0.0001, 0.001, 0.01, 0.02, 0.1, 1],
        )
        self.requests = Histogram(
            "undertone_request_seconds", "Time of whole requests.", ["route", "status"]
        )
        self.errors = Counter(
            "undertone_errors", "Refused requests by code and address.", ["code", "route"]
        )
        self.denials = Counter(
            "undertone_denials", "Keys and tokens that did not open, by reason.", ["reason"]
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
        self.admitted = Gauge(
            "undertone_admitted",
            "Utterances taken in and not yet answered.",
            multiprocess_mode="livesum",
        )
        self.queue = Gauge(
            "undertone_queue", "Of these, prepared ones that wait.", multiprocess_mode="livesum"
        )
        self.streams = Gauge(
            "undertone_streams", "Streams that are open.", multiprocess_mode="livesum"
        )
        self.shadow = Counter(
            "undertone_shadow", "Answers that the challenger looked on at.", ["agrees"]
        )
        self.model = Gauge(
            "undertone_model",
            "1 for the model that a pointer names, champion or challenger.",
            ["pointer", "model_tag"],
            multiprocess_mode="livemax",
        )
        of_store = partial(Gauge, multiprocess_mode="mostrecent")  # all workers read the same
        self.verdict = of_store(
            "undertone_drift_verdict",
            "Of the last window: 0 steady, 1 not enough data, 2 mix, 3 input, 4 both.",
        )
        self.evidence = of_store(
            "undertone_drift_evidence", "Evidence of drift; 1 raises the alarm."
        )
        self.judged = of_store(
            "undertone_drift_window_end_seconds", "When the last judged window ended."
        )
        self.surge = of_store(
            "undertone_surge", "1 while more callers than usual show negative emotions."
        )
        self.review = of_store(
            "undertone_review_queue", "Doubtful predictions of seven days without feedback."
        )
        self.retrains = of_store("undertone_retrains", "Retrains by state.", ["state"])
        self.moved = of_store("undertone_champion_moved_seconds", "When the champion last changed.")
        self.rolled_back = of_store(
            "undertone_champion_rolled_back", "1 if that change was a rollback."
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
        for modality, there in prediction.modalities:
            if there:
                self.modalities.labels(modality).inc()
        if prediction.unknown:
            self.abstentions.labels(prediction.unknown).inc()
        if prediction.ood_score is not None:
            self.novelty.observe(prediction.ood_score)
        if prediction.audio:
            self.snr.observe(prediction.audio.snr_db)
            self.clipped.observe(prediction.audio.clipped_share)
        for stage, milliseconds in prediction.timings_ms.items():
            self.stages.labels(stage).observe(milliseconds / 1000)


@cache
def metrics() -> Metrics:
    """The figures of this process."""
    return Metrics()


def keep_figures_apart() -> None:
    """Let the service of this process keep its figures in a folder of its own.

    BentoML keeps them in its home, which several services may share, and empties that folder
    whenever one of them starts (BentoML 1.4). Its workers find the folder in their environment.
    """
    from bentoml._internal.configuration.containers import BentoMLContainer

    own = Path(gettempdir()) / f"undertone-figures-{os.getpid()}"
    BentoMLContainer.prometheus_multiproc_dir.set(str(own))
    atexit.register(shutil.rmtree, own, ignore_errors=True)
