"""A recorded stream and what was judged of it, a line of JSON each."""

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from undertone.errors import UndertoneError

MOST_CHARACTERS = 5_000


class Item(BaseModel):
    """A text, or a clip of an earnings call.

    Attributes:
        id: names it.
        at: when it was published.
        text: what was written.
        clip: an audio file, relative to the stream's folder and below it.
        topic: what it is about, if that is known.
        story: what it belongs to, if to anything: an earnings call, a piece of news and its copies.
            A window counts a story once, by its mean.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(min_length=1, max_length=200)
    at: AwareDatetime
    text: str | None = Field(None, min_length=1, max_length=MOST_CHARACTERS)
    clip: Path | None = None
    topic: str | None = Field(None, min_length=1, max_length=100)
    story: str | None = Field(None, min_length=1, max_length=200)

    @model_validator(mode="after")
    def _is_one_of_both(self) -> "Item":
        if (self.text is None) == (self.clip is None):
            raise ValueError("an item has either a text or a clip.")
        if self.clip and (self.clip.is_absolute() or ".." in self.clip.parts):
            raise ValueError("a clip lies below the folder of the stream.")
        return self


class Judged(BaseModel):
    """What was made of an item.

    Attributes:
        id: of the item, as `at` and `story`.
        text: what was written, or heard in the clip.
        topic: what it is about.
        polarity: positive, neutral or negative.
        shares: the probability of each polarity.
        emotion: the likeliest.
        distribution: over all emotions.
        prediction_id: by which feedback refers to it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    at: AwareDatetime
    story: str | None = None
    text: str
    topic: str
    polarity: str
    shares: dict[str, float]
    emotion: str
    distribution: dict[str, float]
    prediction_id: str


Line = TypeVar("Line", Item, Judged)


def read(path: Path, kind: type[Line]) -> Iterator[Line]:
    """Read a stream, one line at a time, in the order of time.

    Raises:
        UndertoneError: the file or a line cannot be used, or a line is earlier than the one before.
    """
    before = None
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                item = _parsed(line, kind, f"{path}:{number}")
                if before and item.at < before.at:
                    raise UndertoneError(
                        f"{path}:{number}: {item.id} is earlier than {before.id} before it. "
                        "Sort the lines by 'at'."
                    )
                yield (before := item)
    except (OSError, UnicodeDecodeError) as error:
        raise UndertoneError(f"{path} cannot be read: {error}") from error


def _parsed(line: str, kind: type[Line], place: str) -> Line:
    try:
        return kind.model_validate_json(line)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        where = ".".join(map(str, problem["loc"]))
        told = problem["msg"].removeprefix("Value error, ")
        raise UndertoneError(f"{place}: {where + ': ' if where else ''}{told}") from error
