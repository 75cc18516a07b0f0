"""What a row of the table says of one system, and files of such records."""

from pathlib import Path

from pydantic import BaseModel, Field, TypeAdapter

from benchmarks.machine import Machine
from undertone.evaluation.metrics import Interval
from undertone.files import write_json

ORDER = (
    "emodb",
    "ravdess",
    "cross-corpus",
    "generated",
    "meld",
    "goemotions",
    "timeline",
    "labelling",
    "tuning",
    "ablations",
    "engines",
)


class Comparison(BaseModel):
    """What a system reaches less what another does, on the same resampled speakers."""

    than: str
    difference: Interval


class Record(BaseModel):
    """A figure of one system, with all that it takes to find it again.

    Attributes:
        row: of the table.
        system: ours or a peer.
        ours: whether it is ours.
        protocol: who trains, validates and tests.
        score: with its 95 % bootstrap interval; none of a figure that has no interval.
        resampled: what the interval was drawn over.
        seeds: of training; none of a system without chance.
        split_hash: of which utterance stands where, in every turn.
        cpu_seconds: of features, training and test, over all turns and seeds; listening to the
            corpus with the encoder is not counted, as it is kept.
        peak_memory_mb: of the process that did it.
        trained_parameters: of one model.
        settings: changed from those of the profile.
        beside: other systems that it was compared with.
        note: what else one must know.
        curve: validation scores epoch by epoch, all stages one after the other; of a protocol with
            several turns the mean over its models.
    """

    row: str
    system: str
    ours: bool = False
    protocol: str
    corpus: str
    metric: str = "UAR"
    score: Interval
    utterances: int
    resampled: str = "speakers"
    seeds: list[int] = Field(default_factory=list)
    split_hash: str
    cpu_seconds: float | None = None
    peak_memory_mb: float | None = None
    trained_parameters: int | None = None
    settings: list[str] = Field(default_factory=list)
    beside: list[Comparison] = Field(default_factory=list)
    note: str = ""
    curve: list[dict[str, float]] = Field(default_factory=list)


class Row(BaseModel):
    """All records of a row, the command that makes them and the machine that ran it."""

    name: str
    command: str
    machine: Machine
    records: list[Record]

    def write(self, folder: Path) -> None:
        """Write the row to its own file in a folder."""
        write_json(folder / f"{self.name}.json", self.model_dump(mode="json"))


def read_rows(folder: Path) -> list[Row]:
    """The rows that a folder has, in the order of the page."""
    files = [folder / f"{name}.json" for name in ORDER]
    reader = TypeAdapter(Row)
    return [reader.validate_json(file.read_bytes()) for file in files if file.is_file()]
