"""What is kept of a request: the prediction, and text and audio where the operator wants them."""

from pathlib import Path

from monitoring.store import Store
from serving.forms import Utterance
from serving.metrics import metrics
from serving.refusal import log_failure
from undertone.config import Params, home
from undertone.files import replacing
from undertone.prediction import Prediction


class Recorder:
    """Writes requests to the operational store.

    Args:
        store: takes the predictions.
        params: `serving.keep_text` and `serving.keep_audio` tell what else is kept, of speakers
            who consent.
    """

    def __init__(self, store: Store, params: Params) -> None:
        self._store = store
        self._params = params

    @property
    def keeps(self) -> tuple[str, ...]:
        """What is kept, beside the prediction, of speakers who consent."""
        kept = {
            "words": self._params.serving.keep_text,
            "recordings": self._params.serving.keep_audio,
        }
        return tuple(name for name, wanted in kept.items() if wanted)

    def record(
        self, prediction_id: str, prediction: Prediction, utterance: Utterance, latency_ms: float
    ) -> bool:
        """Keep a prediction; a failure is logged and counted, and the caller is answered anyway.

        Returns:
            Whether it was kept.
        """
        serving = self._params.serving
        consented = utterance.consent is True
        transcript = prediction.transcript.text if prediction.transcript else None
        audio = None
        try:
            if consented and serving.keep_audio and utterance.audio is not None:
                audio = self._keep_audio(prediction_id, utterance.audio)
            self._store.add_prediction(
                prediction,
                prediction_id=prediction_id,
                speaker_id=utterance.speaker_id,
                call_id=utterance.call_id,
                channel=utterance.channel,
                tenant=utterance.tenant,
                language=utterance.language,
                role=utterance.role,
                purpose=utterance.purpose,
                consent=utterance.consent,
                text=transcript if consented and serving.keep_text else None,
                audio_path=str(audio) if audio else None,
                latency_ms=latency_ms,
            )
        except Exception as error:
            log_failure(f"Prediction {prediction_id} was not recorded", error)
            metrics().unrecorded.inc()
            if audio:  # no row names it, so nobody could ask for it to be forgotten
                audio.unlink(missing_ok=True)
            return False
        return True

    def _keep_audio(self, prediction_id: str, audio: bytes | Path) -> Path:
        import soundfile

        from undertone.audio import SAMPLE_RATE, decode

        samples = decode(audio, self._params.audio).samples
        path = home() / "audio" / f"{prediction_id}.flac"
        with replacing(path) as aside:
            soundfile.write(aside, samples, SAMPLE_RATE, subtype="PCM_16")
        return path
