"""A bundle and its Whisper, answering queries: several at once where several wait."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import torch

from undertone.abstention import UNKNOWN
from undertone.audio import SAMPLE_RATE
from undertone.bundle import Bundle
from undertone.config import Params
from undertone.dimensions import derive, dimensions_of
from undertone.errors import UndertoneError
from undertone.face.eyes import Eyes
from undertone.inference.fusing import Evidence, Opinion, opinions
from undertone.inference.preparing import Prepared, prepared
from undertone.inference.whisper import listener_for, require_same_whisper
from undertone.model.config import MODALITIES
from undertone.prediction import Dimensions, Modalities, Prediction, Segment, Transcript, top
from undertone.query import Query
from undertone.speech.features import HOP, log_mel, real_frames
from undertone.speech.listener import Heard, Listener, Take, spoken
from undertone.speech.utterance import Utterance
from undertone.timeline.track import track, watch_again
from undertone.timeline.windows import Moments
from undertone.timing import Timings
from undertone.training.sources import Inputs

Answer = Prediction | UndertoneError


@dataclass(frozen=True)
class _Case:
    """A query after listening: what was heard and seen, and what of it goes to the model."""

    asked: Prepared
    transcript: Transcript | None
    evidence: Evidence
    moments: Moments | None
    told: bool  # by words or a face, whatever the recording holds

    @property
    def speech(self) -> bool:
        return self.asked.utterance is None or bool(self.asked.utterance.speech)

    @property
    def sees_a_face(self) -> bool:
        return self.asked.seen.face is not None and self.asked.seen.face.found


class Predictor:
    """A bundle and the Whisper that listens for it.

    One thread may prepare queries while another answers those that are prepared.

    Attributes:
        bundle: the fused model.

    Args:
        bundle: becomes the attribute.
        listener: hears recordings as the bundle's training corpus was heard.
        params: the run's settings; `audio`, `timeline` and `face` count.

    Raises:
        ModelError: the bundle was trained on another Whisper's statistics, or the face classifier
            cannot be loaded.
    """

    def __init__(self, bundle: Bundle, listener: Listener, params: Params) -> None:
        require_same_whisper(bundle, listener, params.listening.whisper)
        self.bundle = bundle
        self._listener = listener
        self._params = params
        self._eyes = Eyes(bundle, params.face)
        self._one_at_a_time = Lock()

    @classmethod
    def load(cls, bundle: Path, params: Params) -> "Predictor":
        """Read a bundle, and the Whisper that it was trained to hear with.

        Raises:
            ModelError: one of them is missing or broken, or they do not belong together.
        """
        model = Bundle.load(bundle)
        return cls(model, listener_for(model, params.listening), params)

    @property
    def shared(self) -> object:
        """What computes. Predictors that share it may answer each other's queries."""
        return self.bundle.model

    def adapted(self, bundle: Path) -> "Predictor":
        """A predictor of a bundle that is this one's weights with an adapter, which it adds.

        All that is large stays where it is in memory. Its answers are those of the whole bundle.

        Args:
            bundle: the folder; its adapter was trained on the weights of this predictor's.

        Raises:
            ModelError: the folder cannot be used.
        """
        other = copy(self)
        other.bundle = self.bundle.adapted(bundle)
        other._eyes = self._eyes.of(other.bundle)
        return other

    def predict(
        self,
        audio: bytes | Path | None,
        text: str | None = None,
        image: bytes | None = None,
        **wishes: Any,
    ) -> Prediction:
        """Classify one utterance by at least one of its modalities; see `Query`.

        Raises:
            UndertoneError: nothing is given that the model can use, or the image is none.
            AudioError: the recording cannot be used.
        """
        answer = self.answer([self.prepare(Query(audio, text, image, **wishes))])[0]
        if isinstance(answer, UndertoneError):
            raise answer
        return answer

    def prepare(self, query: Query) -> Prepared:
        """Decode, clean and look, before the model is run.

        Raises:
            UndertoneError: the language is none that is known here.
            AudioError: the recording cannot be used.
            PictureError: the image is none, or is over the bounds.
        """
        if query.language:
            self._listener.require_language(query.language)
        return prepared(query, self, self._eyes, self._params.audio)

    @torch.inference_mode()
    def answer(self, queries: Sequence[Prepared]) -> list[Answer]:
        """Classify utterances; those as long as each other are heard together.

        Args:
            queries: prepared by this predictor, or by others that share its weights: each is
                answered as the one that prepared it would.

        Returns:
            Of each its prediction, or why there is none.
        """
        with self._one_at_a_time:
            return self._answer(queries)

    def _answer(self, queries: Sequence[Prepared]) -> list[Answer]:
        shared = Timings()
        cases = self._listen(queries, shared)
        usable = [case for case in cases if case.evidence]
        with shared.measure("fuse"):
            found = dict(zip(map(id, usable), self._opinions(usable), strict=True))
        return [case.asked.by._conclude(case, found.get(id(case)), shared) for case in cases]

    def _opinions(self, cases: Sequence[_Case]) -> list[Opinion]:
        return opinions(self.bundle, [case.evidence for case in cases])

    def _listen(self, queries: Sequence[Prepared], timings: Timings) -> list[_Case]:
        moments = [self._moments(asked) for asked in queries]
        takes = {
            place: self._take(asked.query, utterance, moments[place])
            for place, asked in enumerate(queries)
            if (utterance := asked.utterance) is not None
        }
        together: list[Heard] = []
        if takes:
            together = self._listener.listen_together(list(takes.values()), timings)
        heard = dict(zip(takes, together, strict=True))
        return [
            self._case(asked, heard.get(place), moments[place])
            for place, asked in enumerate(queries)
        ]

    def _take(self, query: Query, utterance: Utterance, moments: Moments | None) -> Take:
        return Take(
            utterance.samples,
            utterance.speech,
            transcribe=query.transcribe and query.given is None,
            words=query.words,
            language=query.language,
            watch=moments.add if moments and not self._hears_itself else None,
        )

    def _case(self, asked: Prepared, heard: Heard | None, moments: Moments | None) -> _Case:
        transcript = heard.transcript if heard else None
        if asked.query.given:
            transcript = Transcript(text=asked.query.given, source="given")
        text = transcript.text if transcript else None
        seen = asked.seen
        told = bool(text or seen.inputs or (seen.face is not None and seen.face.found))
        inputs = dict(seen.inputs)
        if heard and asked.utterance and (asked.utterance.speech or not told):
            inputs |= self._acoustic(asked, heard)
        context, adapter = asked.query.context or "", asked.by.bundle.adapter
        evidence = Evidence(inputs, text or None, context, adapter)
        return _Case(asked, transcript, evidence, moments, told)

    @property
    def _hears_itself(self) -> bool:
        return self.bundle.model.acoustic.encoder is not None

    def _moments(self, asked: Prepared) -> Moments | None:
        if not (asked.query.timeline and self.bundle.hears and asked.utterance):
            return None
        seconds = asked.utterance.recording.seconds
        moments = Moments(seconds, self._params.timeline.hop_seconds)
        if self._hears_itself:
            watch_again(self.bundle, asked.utterance.samples, moments)
        return moments

    def _acoustic(self, asked: Prepared, heard: Heard) -> Inputs:
        """Statistics of the one pass, or what a fine-tuned encoder needs for a second.

        Nothing for a model that was trained on text alone: it takes the words that were heard.
        """
        if not self.bundle.hears or asked.utterance is None:
            return {}
        encoder = self.bundle.model.acoustic.encoder
        if encoder is None:
            return {"acoustic_statistics": torch.from_numpy(heard.statistics)[None]}
        longest = 2 * int(encoder.config.max_source_positions) * HOP / SAMPLE_RATE
        samples = spoken(asked.utterance.samples, asked.utterance.speech, longest)
        features = log_mel(samples, int(encoder.config.num_mel_bins))
        return {
            "input_features": torch.from_numpy(features)[None],
            "feature_frames": torch.tensor([real_frames(len(samples))]),
        }

    def _conclude(self, case: _Case, opinion: Opinion | None, shared: Timings) -> Answer:
        if opinion is None and not case.sees_a_face:
            return _nothing(case)
        timings = Timings(case.asked.timings | shared)
        face = case.asked.seen.face
        distribution, by_modality = self._eyes.join(*self._distributions(opinion), face)
        transcript, segments = case.transcript, None
        if case.moments is not None:
            with timings.measure("timeline"):
                segments, transcript = self._follow(case.moments, transcript)
        emotion, confidence = top(distribution)
        bounds = self.bundle.abstention
        score = bounds.score(opinion.novelty if opinion else None)
        unknown = bounds.reason(confidence, score, speech=case.speech or case.told)
        return Prediction(
            emotion=UNKNOWN if unknown else emotion,
            unknown=unknown,
            ood_score=score,
            confidence=confidence,
            distribution=distribution,
            dimensions=_dimensions(opinion, distribution),
            by_modality=by_modality,
            modalities=Modalities(**{name: name in by_modality for name in MODALITIES}),
            transcript=transcript,
            timeline=segments,
            audio=case.asked.figures,
            face=face,
            timings_ms=dict(timings),
        )

    def _follow(
        self, moments: Moments, transcript: Transcript | None
    ) -> tuple[list[Segment], Transcript | None]:
        course = track(self.bundle, moments, self._params.timeline)
        if transcript is not None:
            words = course.words(transcript.words)
            transcript = transcript.model_copy(update={"words": words})
        return course.segments(self._params.timeline.switch_cost), transcript

    def _distributions(
        self, opinion: Opinion | None
    ) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
        if opinion is None:
            return {}, {}
        alone = {name: self._named(logits) for name, logits in opinion.alone.items()}
        return self._named(opinion.logits), alone

    def _named(self, logits: torch.Tensor) -> dict[str, float]:
        shares = self.bundle.distribution(logits).tolist()
        return dict(zip(self.bundle.labels, shares, strict=True))


def _dimensions(opinion: Opinion | None, distribution: dict[str, float]) -> Dimensions:
    if opinion is None or opinion.dimensions is None:
        return derive(distribution)
    return dimensions_of(opinion.dimensions.cpu().numpy(), source="trained")


def _nothing(case: _Case) -> UndertoneError:
    if case.asked.seen.face:
        return UndertoneError(
            "There is nothing to classify: no face was found in the image. Give one that shows a "
            "face from the front, or a recording or a text with it."
        )
    return UndertoneError(
        "There is nothing to classify. Give a recording, a text or, to a model that can see, an "
        "image."
    )
