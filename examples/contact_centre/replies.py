"""The best reply, by what a customer says and how they feel."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

from pydantic import Field

from examples.common.retrieval import Embedder, Index, embedder_for
from examples.contact_centre.mood import Moment
from examples.contact_centre.settings import HERE, ReplyRule, Section
from examples.events.lines import read
from undertone.errors import UndertoneError

LOOKED_AT = 20
PASSAGES = 2


class Template(Section):
    """A whole reply.

    Attributes:
        asked: what customers say whom it is for.
        emotions: how they feel.
        say: the reply.
    """

    asked: tuple[str, ...] = Field(min_length=1)
    emotions: tuple[str, ...]
    say: str


class Passage(Section):
    """An entry of the knowledge base."""

    title: str
    text: str


class Library(Section):
    """What there is to say, from `replies.yaml`.

    Attributes:
        templates: whole replies.
        openings: by emotion, and `otherwise`: what comes before a passage.
        nothing: what is said where nothing was found.
        knowledge: the passages.
    """

    templates: tuple[Template, ...] = Field(min_length=1)
    openings: dict[str, str]
    nothing: str
    knowledge: tuple[Passage, ...] = Field(min_length=1)


class Reply(NamedTuple):
    """A proposal for the agent, who decides.

    Attributes:
        text: what to say.
        source: where it is from.
        similarity: of what was found to what was said.
        problem: why the language model did not write it, if it was asked.
    """

    text: str
    source: Literal["template", "knowledge", "model", "nothing"]
    similarity: float
    problem: str | None = None


class Writer(Protocol):
    """Writes a reply from passages, see `examples.contact_centre.writer`."""

    def write(self, moment: Moment, passages: Sequence[Passage]) -> str:
        """The reply.

        Raises:
            UndertoneError: there is none.
        """
        ...


class Replies:
    """Finds templates, then passages.

    A template is found by content and emotion: it answers what was said, for customers who feel so.
    What no template fits is a question not seen before, and is answered from the knowledge base by
    an opening for the emotion and the nearest passage, or by the `writer`, if there is one.

    Args:
        library: what there is to say.
        rule: how a template is chosen.
        embedder: of texts; the best there is here without it.
        writer: writes replies to questions not seen before.
    """

    def __init__(
        self,
        library: Library,
        rule: ReplyRule,
        embedder: Embedder | None = None,
        writer: Writer | None = None,
    ) -> None:
        asked = [(said, one) for one in library.templates for said in one.asked]
        passages = [f"{one.title}. {one.text}" for one in library.knowledge]
        self.embedder = embedder or embedder_for([*(said for said, _ in asked), *passages])
        self._library = library
        self._rule = rule
        self._writer = writer
        self._template_of = [template for _, template in asked]
        self._asked = Index([said for said, _ in asked], self.embedder)
        self._passages = Index(passages, self.embedder)

    def best(self, moment: Moment) -> Reply:
        """The best reply to an utterance."""
        if not moment.text:
            return Reply(self._library.nothing, "nothing", 0.0)
        return self._template(moment) or self._from_knowledge(moment)

    def _template(self, moment: Moment) -> Reply | None:
        alike = [
            (similarity, self._template_of[place])
            for place, similarity in self._asked.nearest(moment.text, LOOKED_AT)
            if similarity >= self.embedder.alike
        ]
        fitting = [one for one in alike if moment.share(one[1].emotions) >= self._rule.least]
        if not fitting:
            return None
        similarity, template = max(fitting, key=lambda one: self._score(moment, *one))
        return Reply(template.say, "template", similarity)

    def _score(self, moment: Moment, similarity: float, template: Template) -> float:
        share = moment.share(template.emotions)
        return (1 - self._rule.weight) * similarity + self._rule.weight * share

    def _from_knowledge(self, moment: Moment) -> Reply:
        hits = self._passages.nearest(moment.text, PASSAGES)
        passages = [
            self._library.knowledge[hit.place]
            for hit in hits
            if hit.similarity >= self.embedder.related
        ]
        if not passages:
            return Reply(self._library.nothing, "nothing", hits[0].similarity)
        openings = self._library.openings
        opening = openings.get(moment.emotion, openings["otherwise"])
        plain = Reply(f"{opening} {passages[0].text}", "knowledge", hits[0].similarity)
        if self._writer is None:
            return plain
        try:
            written = self._writer.write(moment, passages)
        except UndertoneError as error:
            return plain._replace(problem=str(error))
        return plain._replace(text=written, source="model")


def load(path: Path = HERE / "replies.yaml") -> Library:
    """Read what there is to say.

    Raises:
        ConfigError: it cannot be used; file and line stand in the message.
    """
    return read(path, Library)
