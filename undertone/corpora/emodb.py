"""EmoDB, the Berlin Database of Emotional Speech: German, acted, ten speakers, ten sentences.

Burkhardt et al., "A database of German emotional speech", Interspeech 2005.
"""

import csv
import re
from collections.abc import Mapping
from pathlib import Path

from undertone.config import CorpusParams
from undertone.corpora.base import Item, Reject, SourceUtterance
from undertone.corpora.folders import audio_files, source_of

EMOTION_OF = {
    "A": "fear",  # Angst
    "E": "disgust",  # Ekel
    "F": "happiness",  # Freude
    "L": "boredom",  # Langeweile
    "N": "neutral",
    "T": "sadness",  # Trauer
    "W": "anger",  # Wut
}
SENTENCES = {
    "a01": "Der Lappen liegt auf dem Eisschrank.",
    "a02": "Das will sie am Mittwoch abgeben.",
    "a04": "Heute abend könnte ich es ihm sagen.",
    "a05": "Das schwarze Stück Papier befindet sich da oben neben dem Holzstück.",
    "a07": "In sieben Stunden wird es soweit sein.",
    "b01": "Was sind denn das für Tüten, die da unter dem Tisch stehen?",
    "b02": "Sie haben es gerade hochgetragen und jetzt gehen sie wieder runter.",
    "b03": "An den Wochenenden bin ich jetzt immer nach Hause gefahren und habe Agnes besucht.",
    "b09": "Ich will das eben wegbringen und dann mit Karl was trinken gehen.",
    "b10": "Die wird auf dem Platz sein, wo wir sie immer hinlegen.",
}
NAME = re.compile(r"(?P<speaker>\d\d)(?P<sentence>[ab]\d\d)(?P<emotion>[AEFLNTW])(?P<version>\w?)")


def read_emodb(params: CorpusParams) -> list[Item]:
    """The utterances of an EmoDB folder, whose file names tell all.

    The folder may be the original one, with the audio in `wav/`, or hold the audio itself in any
    format. A `transcripts.csv` (code, text) in it goes before the sentences known here.
    """
    folder = source_of(params)
    sentences = SENTENCES | _own_sentences(folder / "transcripts.csv")
    return [_item(file, sentences) for file in audio_files(folder)]


def _item(file: Path, sentences: Mapping[str, str]) -> Item:
    match = NAME.fullmatch(file.stem)
    if match is None or match["sentence"] not in sentences:
        return Reject(
            str(file),
            "not an EmoDB file name: two digits of the speaker, a sentence code "
            f"({', '.join(sentences)}), an emotion letter ({', '.join(EMOTION_OF)}) and a version, "
            "such as 03a01Fa",
        )
    return SourceUtterance(
        utterance_id=f"emodb-{file.stem}",
        corpus="emodb",
        speaker_id=f"emodb-{match['speaker']}",
        language="de",
        emotion=EMOTION_OF[match["emotion"]],
        source=file,
        text=sentences[match["sentence"]],
    )


def _own_sentences(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {row["code"]: row["text"] for row in csv.DictReader(file)}
