"""The closed vocabulary of emotions. Every adapter maps its corpus's own codes to these words."""

EMOTIONS = (
    "anger",
    "boredom",
    "calm",
    "disgust",
    "fear",
    "happiness",
    "neutral",
    "sadness",
    "surprise",
)
