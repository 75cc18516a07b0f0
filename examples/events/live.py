"""Speech in, scenes out: a stream to the service whose events an engine decides about."""

import asyncio
import sys
import wave
from collections.abc import AsyncIterable, Awaitable, Callable
from pathlib import Path

from examples.common.service import key
from examples.events.engine import Change, Engine
from examples.events.facts import Facts
from examples.events.rules import Rulebook
from examples.stream import speak
from serving.client import AsyncClient
from serving.streaming.messages import Event, Final, Provisional, Refused, Start
from undertone.errors import AudioError

See = Callable[[Facts, Change | None], Awaitable[None]]
PCM16 = (1, 2)  # channels, bytes of a sample
RATES = (8_000, 16_000)


async def follow(
    url: str, book: Rulebook, recording: Path, see: See, *, pace: float = 1.0, **wishes: object
) -> None:
    """Stream a recording, and tell of every judged event what it changes.

    Args:
        url: of the service; its key, where it needs one, is `UNDERTONE_KEY` in the environment.
        book: the rules, with the role and purpose that are declared to the service.
        recording: WAV, or `/dev/stdin` for a microphone.
        see: is told the facts of each event, and the scene that begins with it, if any.
        pace: how many times faster than spoken; `inf` for a microphone's own pace.
        wishes: more fields of `serving.streaming.messages.Start`.

    Raises:
        AudioError: the recording cannot be streamed.
        ServiceError: the service refused, or was not reached.
    """
    with opened(recording) as file:
        told = book.model_dump(include={"role", "purpose", "provisional"})
        told["sample_rate"] = file.getframerate()
        client = AsyncClient(url, key=key())
        async with client, client.stream(Start.model_validate(told | wishes)) as stream:
            await asyncio.gather(speak(file, stream, pace), listen(stream, Engine(book), see))


async def listen(stream: AsyncIterable[Event], engine: Engine, see: See) -> None:
    """Let an engine decide about events; an utterance without an answer is told of.

    Args:
        stream: of events.
        engine: new, or of the same speaker.
        see: as of `follow`.
    """
    async for event in stream:
        if isinstance(event, Refused):
            print(f"{event.start} to {event.end} s: {event.error.message}", file=sys.stderr)
        if isinstance(event, Final | Provisional):
            facts = Facts.of(event)
            await see(facts, engine.see(facts))


def opened(recording: Path) -> wave.Wave_read:
    """Open a recording that can be streamed as it is.

    Raises:
        AudioError: it is no WAV file, or not mono, 16 bit, of 8 or 16 kHz.
    """
    try:
        file: wave.Wave_read = wave.open(str(recording))  # noqa: SIM115 - the caller closes it
    except (OSError, EOFError, wave.Error) as error:
        raise AudioError(f"{recording} cannot be read as WAV: {error}.") from error
    if (file.getnchannels(), file.getsampwidth()) == PCM16 and file.getframerate() in RATES:
        return file
    file.close()
    raise AudioError(
        f"{recording} must be mono, 16 bit and 8 or 16 kHz; sox or ffmpeg converts it."
    )
