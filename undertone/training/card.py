"""The model card of a bundle."""

from typing import Any

import pandas as pd

from undertone.bundle import Bundle

TEMPLATE = """---
library_name: transformers
pipeline_tag: audio-classification
tags: [speech-emotion-recognition, undertone]
---
# Fused speech emotion model

Tells the emotion of one utterance from how it was said, what was said and, where it was trained
with one, a picture of the face. Any of the three may be missing.

| | |
|---|---|
| emotions | {labels} |
| heard with | {whisper} |
| text encoder | {text_encoder} |
| image encoder | {image_encoder} |
| tuning | {tuning}, {trained:,} trained parameters |
| trained on | {utterances} utterances of {speakers} speakers ({corpora}) |
| validation UAR | {uar:.3f}, on speakers that were not trained on |
| temperature | {temperature:.3f} |
| split hash | `{split_hash}` |

It was chosen and calibrated on the validation speakers, so their figures flatter it: see the
evaluation of the test speakers.

## Limits

It repeats how the emotions of its corpus were acted or labelled, in that corpus's languages and
channel. It says what a voice sounds like, not what a person feels, and must not decide about
people on its own.
"""


def model_card(bundle: Bundle, train: pd.DataFrame) -> str:
    """A model card, in the Hugging Face manner.

    Args:
        bundle: a bundle with its training recorded in `info`.
        train: manifest rows that it was trained on.
    """
    info: dict[str, Any] = bundle.info
    settings = info["params"]
    return TEMPLATE.format(
        labels=", ".join(bundle.labels),
        whisper=settings["listening"]["whisper"],
        text_encoder=settings["model"]["text_encoder"],
        image_encoder=settings["model"]["image_encoder"] or "none",
        tuning=settings["training"]["tuning"],
        trained=info["trained_parameters"],
        utterances=len(train),
        speakers=train["speaker_id"].nunique(),
        corpora=", ".join(sorted(train["corpus"].unique())),
        uar=info["validation_uar"],
        temperature=bundle.temperature,
        split_hash=info["split_hash"][:16],
    )
