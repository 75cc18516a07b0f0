"""The champion as artifacts: its bundle, and the data that it was trained on."""

from typing import NamedTuple

from kfp import dsl

from components.base import component


@component
def champion(
    bundle: dsl.Output[dsl.Model],
    corpus: dsl.Output[dsl.Dataset],
    heard: dsl.Output[dsl.Dataset],
) -> NamedTuple("Champion", [("tag", str)]):  # type: ignore[valid-type]
    """Point artifacts at the champion and its training data; copies are made of what is elsewhere.

    Args:
        bundle: its bundle in the registry.
        corpus: the corpus folder it was trained on.
        heard: the heard folder of that corpus.

    Returns:
        Its tag.
    """
    from pathlib import Path

    from monitoring.store import Store
    from serving.lifecycle import champion_origin
    from undertone.remote import at_hand

    origin = champion_origin(Store())
    bundle.uri = str(at_hand(origin.bundle_uri, Path(bundle.path)))
    corpus.uri = str(at_hand(origin.corpus_uri, Path(corpus.path)))
    heard.uri = str(at_hand(origin.heard_uri, Path(heard.path)))
    return (origin.tag,)
