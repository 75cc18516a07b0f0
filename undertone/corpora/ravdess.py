"""RAVDESS speech: English, acted, 24 actors, two sentences, eight emotions.

Livingstone and Russo, "The Ryerson Audio-Visual Database of Emotional Speech and Song",
PLoS ONE 13(5), 2018.
"""

import re
from pathlib import Path

from undertone.config import CorpusParams
from undertone.corpora.base import Item, Reject, SourceUtterance
from undertone.corpora.folders import audio_files, source_of

EMOTION_OF = {
    "01": "neutral",
    "02": "calm",
    "03": "happiness",
    "04": "sadness",
    "05": "anger",
    "06": "fear",
    "07": "disgust",
    "08": "surprise",
}
STATEMENTS = {"01": "Kids are talking by the door.", "02": "Dogs are sitting by the door."}
NAME = re.compile(
    r"(?P<modality>0[123])-(?P<channel>0[12])-(?P<emotion>0[1-8])-(?P<intensity>0[12])-"
    r"(?P<statement>0[12])-(?P<repetition>0[12])-(?P<actor>0[1-9]|1\d|2[0-4])"
)


def read_ravdess(params: CorpusParams) -> list[Item]:
    """The utterances of a RAVDESS folder (`Actor_NN/03-01-….wav`), whose file names tell all."""
    return [_item(file) for file in audio_files(source_of(params))]


def _item(file: Path) -> Item:
    match = NAME.fullmatch(file.stem)
    if match is None:
        return Reject(
            str(file),
            "not a RAVDESS file name: seven two-digit codes for modality, channel, emotion, "
            "intensity, statement, repetition and actor, such as 03-01-05-02-01-01-12",
        )
    if match["channel"] != "01":
        return Reject(str(file), "song (channel 02): only speech (channel 01) is taken")
    return SourceUtterance(
        utterance_id=f"ravdess-{file.stem}",
        corpus="ravdess",
        speaker_id=f"ravdess-{match['actor']}",
        language="en",
        emotion=EMOTION_OF[match["emotion"]],
        source=file,
        text=STATEMENTS[match["statement"]],
    )
