"""The manifest: one row an utterance, in Parquet; rows that break it are refused one by one."""

import pyarrow as pa

WORD = pa.struct([("word", pa.string()), ("start", pa.float64()), ("end", pa.float64())])
SCHEMA = pa.schema(
    [
        pa.field("utterance_id", pa.string(), nullable=False),
        pa.field("corpus", pa.string(), nullable=False),
        pa.field("speaker_id", pa.string(), nullable=False),
        pa.field("language", pa.string(), nullable=False),
        pa.field("emotion", pa.string(), nullable=False),
        pa.field("path", pa.string()),  # relative to the manifest's folder; null in text corpora
        pa.field("sha256", pa.string()),  # of the decoded 16 kHz mono PCM16 samples
        pa.field("duration_s", pa.float64()),
        pa.field("sample_rate", pa.int32()),  # of the source, before resampling
        pa.field("text", pa.string()),  # what was said, as the corpus tells
        pa.field("transcript", pa.string()),  # what the recogniser heard
        pa.field("words", pa.list_(WORD)),
        pa.field("image_path", pa.string()),
        pa.field("valence", pa.float64()),
        pa.field("arousal", pa.float64()),
        pa.field("dominance", pa.float64()),
        pa.field("split", pa.string()),  # train, validation or test; null until assigned
    ]
)
