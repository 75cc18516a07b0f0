"""Teaching a bundle to judge windows, not whole recordings alone."""

import copy
from collections.abc import Iterable, Sequence

import pandas as pd
import torch

from undertone.bundle import Bundle
from undertone.config import Params
from undertone.errors import CorpusError
from undertone.evaluation.diarisation import emotion_at
from undertone.evaluation.joined import joinable
from undertone.evaluation.timelines import Clip, hear_joined
from undertone.hub import resolve
from undertone.manifest import COLUMNS
from undertone.speech.listener import Listener
from undertone.timeline.track import TEMPERATURE
from undertone.training.examples import Examples
from undertone.training.fitting import fit
from undertone.training.learning import calibrate

TAUGHT = ("acoustic.", "fusion.")
STRIDE = 3  # steps from one window to the next


def teach_timeline(bundle: Bundle, train: Examples, validation: Examples, params: Params) -> None:
    """Teach a bundle which emotion appears when, on recordings of each speaker joined.

    Nothing is taught where `timeline.joined` is 0, or where training or validation speakers have
    no neutral beside emotional recordings: windows are then judged as if they were whole ones.

    Args:
        bundle: the model, whose `timeline` is filled.
        train: whole recordings of training speakers.
        validation: those of validation speakers.
        params: the run's settings; `timeline`, `training`, `listening` and `audio` count.
    """
    parts = [train.rows, validation.rows]
    if not (params.timeline.joined and bundle.hears and all(map(joinable, parts))):
        return
    listener = Listener(resolve(params.listening.whisper), params.listening)
    learnt, chosen = (hear_joined(rows, listener, params, bundle) for rows in parts)
    teach_windows(bundle, learnt, chosen, params)


def teach_windows(
    bundle: Bundle, train: Sequence[Clip], validation: Sequence[Clip], params: Params
) -> None:
    """Train a second set of heads on windows of joined recordings, and put it in the bundle.

    What is pooled over a second or two in the middle of a recording has other means and
    deviations than what is pooled over a whole one, and may hold two emotions. As Wang, Ravanelli
    & Yacoubi 2023 (arXiv 2306.12991) do, the heads for the timeline therefore learn from joined
    recordings. What the bundle says of whole recordings stays as it is.

    Args:
        bundle: the model, whose `timeline` is filled.
        train: joined recordings of training speakers.
        validation: those of validation speakers, which choose the epoch and the temperature.
        params: the run's settings; `timeline` and `training` count.

    Raises:
        CorpusError: no window has an emotion that the bundle knows.
    """
    learner = Bundle(copy.deepcopy(bundle.model), bundle.tokenizer)
    learner.model.acoustic.encoder = learner.model.acoustic.attention = None
    learnt, chosen = (windows_of(clips, bundle.labels, params) for clips in (train, validation))
    learner.model.acoustic.standardise.fit(learnt.statistics)
    frozen = params.training.model_copy(update={"tuning": "frozen", "loggers": ()})
    settings = params.model_copy(update={"training": frozen})
    fitted = fit(learnt, chosen, settings, bundle.labels, init=learner)
    calibrate(fitted, chosen, settings)
    weights = fitted.model.state_dict().items()
    bundle.timeline = {
        name: value.clone() for name, value in weights if name.startswith(TAUGHT)
    } | {TEMPERATURE: torch.tensor(fitted.temperature)}


def windows_of(clips: Iterable[Clip], labels: Sequence[str], params: Params) -> Examples:
    """Windows of joined recordings as examples, each with the emotion in its middle."""
    rows, statistics = [], []
    for clip in clips:
        windows = clip.moments.windows(params.timeline.window_seconds)
        for step, values in list(zip(windows.steps, windows.statistics, strict=True))[::STRIDE]:
            emotion = emotion_at(clip.truth, (float(step) + 0.5) * clip.moments.hop)
            if emotion in labels:
                rows.append({"speaker_id": clip.speaker, "emotion": emotion, "path": "joined"})
                statistics.append(values)
    if not rows:
        raise CorpusError("No joined recording has an emotion that the bundle knows.")
    empty = dict.fromkeys(("text", "transcript", "image_path"), object)
    frame = pd.DataFrame(rows).reindex(columns=COLUMNS).astype(empty)
    return Examples(frame, torch.stack(statistics))
