"""A call as it goes on: the customer's channel out, their mood and a proposed reply back."""

import asyncio
import wave
from pathlib import Path

from examples.contact_centre.desk import Desk
from examples.contact_centre.mood import Alert, Escalation, Moment
from examples.contact_centre.recording import frames, opened
from examples.contact_centre.replies import Replies
from examples.contact_centre.settings import Settings
from serving.client import AsyncClient, Stream
from serving.streaming.messages import Final, Provisional, Refused, Start


class Conversation:
    """One call.

    Attributes:
        moments: the customer's utterances so far.

    Args:
        settings: the policy, and when a supervisor is called.
        replies: proposes what to say.
        desk: is shown all of it.
    """

    def __init__(self, settings: Settings, replies: Replies, desk: Desk) -> None:
        self.moments: list[Moment] = []
        self._policy = settings.policy
        self._escalation = Escalation(settings.escalation)
        self._replies = replies
        self._desk = desk

    @property
    def alerts(self) -> list[Alert]:
        """The calls for a supervisor so far."""
        return self._escalation.alerts

    async def follow(self, client: AsyncClient, call: Path, pace: float = 1.0) -> None:
        """Send a recorded call as if it were spoken now, and react to what comes back.

        Args:
            client: of the service.
            call: a WAV file, see `examples.contact_centre.recording`.
            pace: how many times faster than it was spoken.

        Raises:
            AudioError: the file cannot be used.
            ServiceError: the service refused, or was not reached.
        """
        with opened(call) as file:
            start = self._start(call.stem, file.getframerate())
            async with client.stream(start) as stream:
                await asyncio.gather(self._speak(stream, file, pace), self._listen(stream))

    def _start(self, call_id: str, sample_rate: int) -> Start:
        policy = self._policy
        return Start.model_validate(
            {
                "sample_rate": sample_rate,
                "role": policy.heard,
                "purpose": policy.purpose,
                "consent": policy.consent,
                "call_id": call_id,
                "channel": "telephone",
            }
        )

    async def _speak(self, stream: Stream, file: wave.Wave_read, pace: float) -> None:
        async for samples in frames(file, self._policy.channel, pace):
            await stream.send(samples)
        await stream.end()

    async def _listen(self, stream: Stream) -> None:
        async for event in stream:
            if isinstance(event, Provisional):
                self._desk.so_far(event.end, event.emotion)
            if isinstance(event, Refused):
                self._desk.missed(event)
            if isinstance(event, Final):
                await self._see(Moment.of(event))

    async def _see(self, moment: Moment) -> None:
        self.moments.append(moment)
        alert = self._escalation.see(moment)
        reply = await asyncio.to_thread(self._replies.best, moment)
        self._desk.show(moment, alert, reply)
