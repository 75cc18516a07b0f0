"""The emotion of one utterance, from whatever of speech, text and image there is."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import torch
from torch import Tensor

from undertone.abstention import UNKNOWN
from undertone.audio import SAMPLE_RATE, quality
from undertone.bundle import Bundle
from undertone.config import ListeningParams, Params
from undertone.dimensions import derive, dimensions_of
from undertone.errors import ModelError, UndertoneError
from undertone.face.eyes import Eyes, Seen
from undertone.hub import find, resolve
from undertone.model.config import MODALITIES
from undertone.model.fused import FusedOutput
from undertone.prediction import (
    AudioQuality,
    Dimensions,
    Modalities,
    Prediction,
    Segment,
    Transcript,
    top,
)
from undertone.speech.features import HOP, log_mel, real_frames
from undertone.speech.listener import Heard, Listener, spoken
from undertone.speech.utterance import Utterance, prepare
from undertone.timeline.track import track, watch_again
from undertone.timeline.windows import Moments
from undertone.training.sources import Inputs, Tokens

FIRST = torch.zeros(1, dtype=torch.long)
MODALITY_OF = {
    "acoustic_statistics": "audio",
    "input_features": "audio",
    "input_ids": "text",
    "pixel_values": "image",
}


@dataclass(frozen=True)
class _Sound:
    """What a recording gave: the model's inputs, its words and figures, and states over time.

    `speech` tells whether someone speaks in it; true where there is no recording.
    """

    inputs: Inputs
    transcript: Transcript | None = None
    figures: AudioQuality | None = None
    moments: Moments | None = None
    speech: bool = True


class Predictor:
    """A bundle and the Whisper that listens for it. For one caller at a time.

    Args:
        bundle: the fused model.
        listener: hears recordings as the bundle's training corpus was heard.
        params: the run's settings; `audio` and `face` count.

    Raises:
        ModelError: the bundle was trained on another Whisper's statistics, or the face classifier
            cannot be loaded.
    """

    def __init__(self, bundle: Bundle, listener: Listener, params: Params) -> None:
        require_same_whisper(bundle, listener, params.listening.whisper)
        self._bundle = bundle
        self._listener = listener
        self._audio_params = params.audio
        self._timeline_params = params.timeline
        self._eyes = Eyes(bundle, params.face)

    @classmethod
    def load(cls, bundle: Path, params: Params) -> "Predictor":
        """Read a bundle, and the Whisper that it was trained to hear with.

        Raises:
            ModelError: one of them is missing or broken, or they do not belong together.
        """
        model = Bundle.load(bundle)
        return cls(model, listener_for(model, params.listening), params)

    @torch.inference_mode()
    def predict(
        self,
        audio: bytes | Path | None,
        text: str | None = None,
        image: bytes | None = None,
        *,
        context: str | None = None,
        timeline: bool = False,
    ) -> Prediction:
        """Classify one utterance by at least one of its modalities.

        Args:
            audio: a recording, as a file or its bytes.
            text: what was said; it wins over what would be recognised.
            image: a picture of the speaker, as the bytes of an image file. One without a face
                changes nothing. Ignored where there is neither an image branch nor a
                `face.classifier`.
            context: what was said before, newest last, for a model that was trained on dialogues.
            timeline: whether the emotion over time, and of each recognised word, is wanted too:
                that of the voice alone, from the same pass of the encoder.

        Raises:
            UndertoneError: nothing is given that the model can use, or the image is none.
            AudioError: the recording cannot be used.
        """
        timings: dict[str, float] = {}
        given = _given(text)
        sound = self._hear(audio, timings, transcribe=given is None, timeline=timeline)
        transcript = given or sound.transcript
        with _timed(timings, "text"):
            inputs = self._tokens(transcript, context or "")
        seen = Seen()
        if image is not None:
            with _timed(timings, "image"):
                seen = self._eyes.look(image)
        inputs |= seen.inputs
        told = bool(inputs) or (seen.face is not None and seen.face.found)
        if sound.speech or not told:
            inputs = sound.inputs | inputs
        _require_something(inputs, seen)
        with _timed(timings, "fuse"):
            output = self._fused(inputs)
            distribution, by_modality = self._eyes.join(
                *self._distributions(output, inputs), seen.face
            )
        segments = None
        if sound.moments is not None:
            with _timed(timings, "timeline"):
                segments, transcript = self._follow(sound.moments, transcript)
        emotion, confidence = top(distribution)
        bounds = self._bundle.abstention
        score = bounds.score(_novelty(output))
        unknown = bounds.reason(confidence, score, speech=sound.speech or told)
        return Prediction(
            emotion=UNKNOWN if unknown else emotion,
            unknown=unknown,
            ood_score=score,
            confidence=confidence,
            distribution=distribution,
            dimensions=_dimensions(output, distribution),
            by_modality=by_modality,
            modalities=Modalities(**{name: name in by_modality for name in MODALITIES}),
            transcript=transcript,
            timeline=segments,
            audio=sound.figures,
            face=seen.face,
            timings_ms=timings,
        )

    def _hear(
        self,
        audio: bytes | Path | None,
        timings: dict[str, float],
        *,
        transcribe: bool,
        timeline: bool,
    ) -> "_Sound":
        if audio is None:
            return _Sound({})
        with _timed(timings, "decode"):
            utterance = prepare(audio, self._audio_params, silence=True)
            figures = quality(utterance.recording, utterance.speech)
        with _timed(timings, "listen"):
            moments = self._moments(utterance) if timeline and self._bundle.hears else None
            heard = self._listener.listen(
                utterance.samples,
                utterance.speech,
                transcribe=transcribe,
                watch=moments.add if moments and not self._hears_itself else None,
            )
            inputs, speech = self._acoustic(utterance, heard), bool(utterance.speech)
            return _Sound(inputs, heard.transcript, figures, moments, speech)

    @property
    def _hears_itself(self) -> bool:
        return self._bundle.model.acoustic.encoder is not None

    def _moments(self, utterance: Utterance) -> Moments:
        moments = Moments(utterance.recording.seconds, self._timeline_params.hop_seconds)
        if self._hears_itself:
            watch_again(self._bundle, utterance.samples, moments)
        return moments

    def _follow(
        self, moments: Moments, transcript: Transcript | None
    ) -> tuple[list[Segment], Transcript | None]:
        course = track(self._bundle, moments, self._timeline_params)
        if transcript is not None:
            words = course.words(transcript.words)
            transcript = transcript.model_copy(update={"words": words})
        return course.segments(self._timeline_params.switch_cost), transcript

    def _acoustic(self, utterance: Utterance, heard: Heard) -> Inputs:
        """Statistics of the one pass, or what a fine-tuned encoder needs for a second.

        Nothing for a model that was trained on text alone: it takes the words that were heard.
        """
        if not self._bundle.hears:
            return {}
        encoder = self._bundle.model.acoustic.encoder
        if encoder is None:
            return {"acoustic_statistics": torch.from_numpy(heard.statistics)[None]}
        longest = 2 * int(encoder.config.max_source_positions) * HOP / SAMPLE_RATE
        samples = spoken(utterance.samples, utterance.speech, longest)
        features = log_mel(samples, int(encoder.config.num_mel_bins))
        return {
            "input_features": torch.from_numpy(features)[None],
            "feature_frames": torch.tensor([real_frames(len(samples))]),
        }

    def _tokens(self, transcript: Transcript | None, context: str) -> Inputs:
        if transcript is None or not transcript.text:
            return {}
        return Tokens(self._bundle.tokenizer, [transcript.text], [context]).batch(FIRST)

    def _fused(self, inputs: Inputs) -> FusedOutput:
        """What the model says; nothing where a face is all there is, which is no input of it."""
        if not inputs:
            return FusedOutput()
        output: FusedOutput = self._bundle.model(**_moved(inputs, self._bundle.model.device))
        return output

    def _distributions(
        self, output: FusedOutput, inputs: Inputs
    ) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
        given = [MODALITY_OF[name] for name in inputs if name in MODALITY_OF]
        if not given:
            return {}, {}
        alone = output["logits_by_modality"]
        return self._named(output["logits"]), {name: self._named(alone[name]) for name in given}

    def _named(self, logits: Tensor) -> dict[str, float]:
        shares = self._bundle.distribution(logits[0]).tolist()
        return dict(zip(self._bundle.labels, shares, strict=True))


def listener_for(bundle: Bundle, params: ListeningParams) -> Listener:
    """The Whisper of a bundle's training, or where its folder is not here the one of the settings.

    Raises:
        ModelError: neither is to be found.
    """
    trained_on = bundle.info.get("listening", {}).get("whisper", params.whisper)
    folder = find(trained_on) or resolve(params.whisper)
    return Listener(folder, params)


def require_same_whisper(bundle: Bundle, listener: Listener, name: str) -> None:
    """Statistics mean something only to a model that was trained on the same encoder's.

    Raises:
        ModelError: the bundle was trained on what another Whisper hears.
    """
    if bundle.model.acoustic.encoder is not None or not bundle.hears:
        return
    same_shape = tuple(bundle.model.config.statistics_shape) == listener.encoder.statistics_shape
    trained_on = bundle.info.get("listening", {})
    here = listener.encoder.fingerprint()
    if not same_shape or trained_on.get("encoder", here) != here:
        raise ModelError(
            f"The bundle was trained on what {trained_on.get('whisper', 'another Whisper')} heard, "
            f"not on what '{name}' hears. Set listening.whisper to the Whisper of its training."
        )


def _novelty(output: FusedOutput) -> float | None:
    return None if output.novelty is None else float(output.novelty[0])


def _dimensions(output: FusedOutput, distribution: dict[str, float]) -> Dimensions:
    if output.dimensions is None:
        return derive(distribution)
    return dimensions_of(output.dimensions[0].cpu().numpy(), source="trained")


def _given(text: str | None) -> Transcript | None:
    stripped = (text or "").strip()
    return Transcript(text=stripped, source="given") if stripped else None


def _require_something(inputs: Inputs, seen: Seen) -> None:
    if inputs or (seen.face and seen.face.found):
        return
    if seen.face:
        raise UndertoneError(
            "There is nothing to classify: no face was found in the image. Give one that shows a "
            "face from the front, or a recording or a text with it."
        )
    raise UndertoneError(
        "There is nothing to classify. Give a recording, a text or, to a model that can see, an "
        "image."
    )


def _moved(inputs: Inputs, device: torch.device) -> Inputs:
    return {name: values.to(device) for name, values in inputs.items()}


@contextmanager
def _timed(timings: dict[str, float], stage: str) -> Iterator[None]:
    started = perf_counter()
    yield
    timings[stage] = round(1000 * (perf_counter() - started), 3)
