"""Published figures to stand beside ours: measured by others, with their own hardware."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Anchor:
    """A figure of somebody else's system.

    Attributes:
        system: what reached it.
        value: as it was told.
        source: who told it.
    """

    system: str
    value: str
    source: str


EMOBOX = "EmoBox (Ma et al., 2024), frozen encoder"
QUOTED = "as quoted in this project's goals"
ANCHORS = {
    "emodb": (
        Anchor("ComParE 2016 features, SVM", "UAR .771", QUOTED),
        Anchor("wav2vec 2.0 large robust, embedding, SVM", "UAR .934", QUOTED),
    ),
    "ravdess": (
        Anchor("ResLSTM", "UAR .623", QUOTED),
        Anchor("WavLM large", "UAR .720", EMOBOX),
        Anchor("Whisper large v3", "UAR .753", EMOBOX),
    ),
    "cross-corpus": (Anchor("balanced sets, all pairs of corpora", "UAR .18 to .67", EMOBOX),),
    "meld": (
        Anchor("InstructERC, 7 B, with dialogue context", "weighted F1 .6915", "Lei et al., 2023"),
    ),
    "goemotions": (Anchor("BERT-base, Ekman's 7", "macro-F1 .64", "Demszky et al., 2020"),),
    "timeline": (
        Anchor("SpeechBrain, WavLM", "EDER .302", "on ZED: other data, recorded in real life"),
    ),
}
GOALS = {
    "emodb": "UAR of .935",
    "ravdess": "UAR of .80",
    "cross-corpus": "10 points over logistic regression of layer 2",
    "generated": "fused above the best modality alone, and no loss with one missing",
    "meld": "weighted F1 of .60",
    "goemotions": "macro-F1 of .60",
    "labelling": "the full score with 60 % of the labels",
}
