"""Recordings side by side, some at a time.

python examples/predict_many.py http://127.0.0.1:3000 recordings/*.wav
"""

import asyncio
import os
import sys
from pathlib import Path

from serving.client import AsyncClient, ServiceError

AT_ONCE = 8


async def main(url: str, *recordings: str) -> None:
    room = asyncio.Semaphore(AT_ONCE)
    async with AsyncClient(url, key=os.environ.get("UNDERTONE_KEY")) as client:

        async def ask(recording: str) -> str:
            async with room:
                try:
                    answer = await client.predict(
                        Path(recording), role="customer", purpose="service_quality"
                    )
                except ServiceError as error:
                    return f"{recording}: {error}"
            return f"{recording}: {answer.emotion} ({answer.confidence:.2f})"

        for line in await asyncio.gather(*map(ask, recordings)):
            print(line)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
