"""How well a bundle tells which emotion appears when, on joined recordings."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel

from undertone.bundle import Bundle
from undertone.config import AudioParams, Params, TimelineParams
from undertone.evaluation.diarisation import Errors, Span, bio, errors, span_report, steps_of
from undertone.evaluation.joined import Joined, join_clips
from undertone.evaluation.metrics import Floats, Interval, clusters, interval_of_sums
from undertone.speech.listener import Listener
from undertone.speech.utterance import cleaned
from undertone.timeline.track import Track, track, watch_again
from undertone.timeline.windows import Moments

WINDOWS = (1.25, 1.75, 2.25, 2.75)  # seconds, of which validation speakers choose
COSTS = (0.0, 1.0, 2.0, 4.0, 8.0, 12.0, 16.0, 24.0)
SMOOTHED, UNSMOOTHED, WHOLE = "smoothed", "unsmoothed", "whole clip"
ANCHOR = "SpeechBrain's WavLM has an EDER of .302 on ZED (other data, recorded in real life)"


@dataclass(frozen=True)
class Clip:
    """A joined recording after the encoder's pass."""

    speaker: str
    truth: tuple[Span, ...]
    moments: Moments


class Diarisation(BaseModel):
    """How well emotions were put in time.

    Attributes:
        protocol: who trained, chose and was tested.
        corpus: where the joined recordings come from.
        split_hash: of the protocol's splits.
        seed: of training and joining.
        clips: how many recordings.
        speakers: of how many people.
        eder: of each way of segmenting: smoothed, each step by itself, one label for all.
        kinds: share of the duration that each kind of error takes, smoothed.
        spans: precision, recall and F1 of whole spans on the grid of steps, smoothed.
        chosen: window and cost of a change that the validation speakers chose, fold by fold.
    """

    protocol: str
    corpus: str
    split_hash: str
    seed: int
    clips: int
    speakers: int
    eder: dict[str, Interval]
    kinds: dict[str, float]
    spans: dict[str, float]
    chosen: list[dict[str, float]]


@dataclass(frozen=True)
class Judged:
    """What was said of a clip, by each way of segmenting."""

    clip: Clip
    said: dict[str, list[Span]]
    hop: float

    def errors(self, way: str) -> Errors:
        """The errors of one way."""
        return errors(self.clip.truth, self.said[way], self.clip.moments.seconds)


def hear_clips(
    joined: Iterable[Joined],
    listener: Listener,
    audio: AudioParams,
    hop: float,
    bundle: Bundle | None = None,
) -> list[Clip]:
    """Pass joined recordings through the encoder once, as the service would.

    Args:
        joined: the recordings.
        listener: the Whisper that listens.
        audio: cleaning.
        hop: length of a step in seconds.
        bundle: whose own encoder is to hear them, where it has one.
    """
    clips = []
    for one in joined:
        utterance = cleaned(one.recording, audio)
        moments = Moments(one.recording.seconds, hop)
        if bundle is not None and bundle.model.acoustic.encoder is not None:
            watch_again(bundle, utterance.samples, moments)
        else:
            samples, speech = utterance.samples, utterance.speech
            listener.listen(samples, speech, transcribe=False, watch=moments.add)
        clips.append(Clip(one.speaker, one.truth, moments))
    return clips


def hear_joined(
    rows: pd.DataFrame, listener: Listener, params: Params, bundle: Bundle
) -> list[Clip]:
    """Recordings of each speaker joined, `timeline.joined` of them at most, after one pass."""
    seed, each = params.split.seed, params.timeline.joined
    joined = join_clips(rows, params.audio, each=each, seed=seed)
    return hear_clips(joined, listener, params.audio, params.timeline.hop_seconds, bundle)


def choose(bundle: Bundle, clips: Sequence[Clip], params: TimelineParams) -> TimelineParams:
    """The window and the cost of a change with the lowest EDER on validation clips."""
    found: dict[tuple[float, float], float] = {}
    for window in WINDOWS:
        tracks = [_track(bundle, clip, params, window) for clip in clips]
        for cost in COSTS:
            said = [spans_of(one, cost) for one in tracks]
            found[window, cost] = sum(
                errors(clip.truth, spans, clip.moments.seconds).wrong
                for clip, spans in zip(clips, said, strict=True)
            )
    window, cost = min(product(WINDOWS, COSTS), key=lambda pair: found[pair])
    return params.model_copy(update={"window_seconds": window, "switch_cost": cost})


def judge(bundle: Bundle, clips: Sequence[Clip], params: TimelineParams) -> list[Judged]:
    """Segment clips as the service would, and by its two simpler peers."""
    return [_judged(bundle, clip, params) for clip in clips]


def summarise(
    judged: Sequence[Judged], chosen: Sequence[TimelineParams], **origin: Any
) -> Diarisation:
    """Pool the errors of all clips, with intervals over speakers.

    Args:
        judged: what was said of each clip.
        chosen: the settings of each fold.
        origin: `protocol`, `corpus`, `split_hash` and `seed`.
    """
    groups = clusters([one.clip.speaker for one in judged])
    total = np.array([one.errors(SMOOTHED) for one in judged]).sum(axis=0)
    kinds = dict(zip(Errors._fields[:-1], (total[:-1] / total[-1]).tolist(), strict=True))
    rates = {
        way: interval_of_sums(_rate, np.array([one.errors(way) for one in judged]), groups)
        for way in (SMOOTHED, UNSMOOTHED, WHOLE)
    }
    return Diarisation(
        **origin,
        clips=len(judged),
        speakers=len({one.clip.speaker for one in judged}),
        eder=rates,
        kinds=kinds,
        spans=span_report(*tags_of(judged))[0],
        chosen=[one.model_dump() for one in chosen],
    )


def tags_of(judged: Sequence[Judged]) -> tuple[list[list[str]], list[list[str]]]:
    """BIO tags of the steps of each clip: true ones, and smoothed ones."""
    pairs = [
        [
            bio(steps_of(spans, one.clip.moments.seconds, one.hop))
            for spans in (one.clip.truth, one.said[SMOOTHED])
        ]
        for one in judged
    ]
    return [truth for truth, _ in pairs], [said for _, said in pairs]


def span_table(judged: Sequence[Judged]) -> str:
    """Table of whole spans, smoothed, as seqeval prints it."""
    return span_report(*tags_of(judged))[1]


def spans_of(course: Track, switch_cost: float) -> list[Span]:
    """Segments as plain spans."""
    return [Span(one.start, one.end, one.emotion) for one in course.segments(switch_cost)]


def _judged(bundle: Bundle, clip: Clip, params: TimelineParams) -> Judged:
    course = track(bundle, clip.moments, params)
    plain = replace(bundle, timeline={})  # what it says of whole recordings
    whole = _track(plain, clip, params, 2 * clip.moments.seconds + params.hop_seconds)
    said = {
        SMOOTHED: spans_of(course, params.switch_cost),
        UNSMOOTHED: spans_of(course, 0.0),
        WHOLE: spans_of(whole, 0.0),
    }
    return Judged(clip, said, params.hop_seconds)


def _track(bundle: Bundle, clip: Clip, params: TimelineParams, window: float) -> Track:
    return track(bundle, clip.moments, params.model_copy(update={"window_seconds": window}))


def _rate(sums: Floats) -> Floats:
    return np.asarray(sums[..., :-1].sum(axis=-1) / sums[..., -1])
