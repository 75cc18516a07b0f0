"""Listening: one Whisper pass an utterance, for the transcript and the acoustic states."""

from kfp import dsl

from components.base import component


@component
def hear(params: str, corpus: dsl.Input[dsl.Dataset], heard: dsl.Output[dsl.Dataset]) -> None:
    """Listen to every utterance of a corpus once.

    Args:
        params: the run's settings as JSON.
        corpus: a corpus folder.
        heard: the heard folder that is written.
    """
    from pathlib import Path

    from undertone.config import params_from_json
    from undertone.speech import hear

    hear(Path(corpus.path), params_from_json(params), Path(heard.path))
