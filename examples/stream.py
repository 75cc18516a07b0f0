"""A recording as if it were spoken now: what is felt, while it is said.

python examples/stream.py recording.wav [http://127.0.0.1:3000]     (8 or 16 kHz, mono, PCM16)
"""

import asyncio
import os
import sys
import time
import wave

from serving.client import AsyncClient, ServiceError, Stream
from serving.streaming.messages import Final, Provisional, Start

FRAME_S = 0.1


async def main(recording: str, url: str = "http://127.0.0.1:3000") -> None:
    with wave.open(recording) as file:
        start = Start.model_validate(
            {"sample_rate": file.getframerate(), "role": "customer", "purpose": "service_quality"}
        )
        client = AsyncClient(url, key=os.environ.get("UNDERTONE_KEY"))
        async with client, client.stream(start) as stream, asyncio.TaskGroup() as group:
            group.create_task(speak(file, stream))
            async for event in stream:
                if isinstance(event, Provisional):
                    print(f"so far: {event.emotion}")
                if isinstance(event, Final):
                    print(f"{event.start} to {event.end} s: {event.emotion}")


async def speak(file: wave.Wave_read, stream: Stream, pace: float = 1.0) -> None:
    """Send the samples no faster than they would be spoken, times `pace`."""
    count = round(FRAME_S * file.getframerate())
    due = time.monotonic()
    while samples := await asyncio.to_thread(file.readframes, count):
        await stream.send(samples)
        due += FRAME_S / pace
        await asyncio.sleep(due - time.monotonic())
    await stream.end()


if __name__ == "__main__":
    try:
        asyncio.run(main(*sys.argv[1:]))
    except* ServiceError as errors:
        sys.exit(f"error: {errors.exceptions[0]}")
