"""Items judged by the service: topic, polarity and emotion."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

from examples.common.retrieval import Index, embedder_for
from examples.market_mood.items import Item, Judged
from examples.market_mood.settings import Settings
from serving.client import AsyncClient
from serving.schemas import Answer
from undertone.view import View

AT_ONCE = 8
OTHER = "other"


class Topics:
    """Tells what a text is about, by the topics' own words.

    Args:
        described: by name, the words that tell.
    """

    def __init__(self, described: dict[str, str]) -> None:
        self._names = list(described)
        words = list(described.values())
        self._index = Index(words, embedder_for(words))

    def of(self, text: str) -> str:
        """The nearest topic, `other` where none is related."""
        if not text:
            return OTHER
        (hit,) = self._index.nearest(text, 1)
        return self._names[hit.place] if hit.similarity >= self._index.embedder.related else OTHER


class Judge:
    """Asks the service about a stream, some items at a time, and keeps their order.

    Attributes:
        unknown: items so far that the service named no emotion of; they are left out.

    Args:
        client: of the service.
        settings: topics, polarity, and what the service is told.
        folder: that clips are relative to.
    """

    def __init__(self, client: AsyncClient, settings: Settings, folder: Path) -> None:
        self.unknown = 0
        self._client = client
        self._settings = settings
        self._folder = folder
        self._topics = Topics(settings.topics)

    async def judge(self, items: Iterable[Item]) -> AsyncIterator[Judged]:
        """What becomes of each item, in the stream's order.

        Raises:
            ServiceError: the service refused, or was not reached.
            UndertoneError: a line or a clip cannot be read.
        """
        waiting: deque[asyncio.Task[Judged | None]] = deque()
        try:
            for item in items:
                waiting.append(asyncio.create_task(self._ask(item)))
                if len(waiting) >= AT_ONCE and (judged := await waiting.popleft()):
                    yield judged
            while waiting:
                if judged := await waiting.popleft():
                    yield judged
        finally:
            for task in waiting:
                task.cancel()

    async def _ask(self, item: Item) -> Judged | None:
        answer = await self._client.predict(
            self._folder / item.clip if item.clip else None,
            item.text,
            role=self._settings.role,
            purpose=self._settings.purpose,
            call_id=item.story,
            words=False,
        )
        if answer.unknown:
            self.unknown += 1
            return None
        return self._judged(item, answer)

    def _judged(self, item: Item, answer: Answer) -> Judged:
        names = self._settings.polarity.names
        known = {name: to for name, to in names.items() if name in answer.distribution}
        told = View(known).of(answer)
        text = answer.transcript.text if answer.transcript else ""
        return Judged(
            id=item.id,
            at=item.at,
            story=item.story,
            text=text,
            topic=item.topic or self._topics.of(text),
            polarity=told.emotion,
            shares=told.distribution,
            emotion=answer.emotion,
            distribution=answer.distribution,
            prediction_id=answer.prediction_id,
        )
