"""A recording to try an example on: python -m examples.events.sample LINES.yaml RECORDING.wav."""

from pathlib import Path

import numpy as np
import typer
from pydantic import BaseModel, ConfigDict, Field

from examples.common.speaking import say
from examples.events.lines import read
from examples.events.terminal import command
from undertone.audio import SAMPLE_RATE, from_pcm16, wav

PAUSE_S = 1.6
ROOM_NOISE = 8  # of a quiet room, int16


class Talk(BaseModel):
    """Who says what.

    Attributes:
        speaker: number of a voice of the generated corpus.
        lines: sentences in words that the bundled Whisper knows, each with its emotion.
    """

    model_config = ConfigDict(extra="forbid")

    speaker: int = Field(ge=0, lt=30)
    lines: list[tuple[str, str]] = Field(min_length=1, max_length=100)


def main(lines: Path, recording: Path) -> None:
    """Speak sentences with a pause around each, into a WAV of 16 kHz."""
    talk = read(lines, Talk)
    room = np.random.default_rng(0).normal(0, ROOM_NOISE, round(PAUSE_S * SAMPLE_RATE))
    pause = room.astype(np.int16)
    parts = [part for said in say(talk.speaker, talk.lines) for part in (pause, said)]
    recording.write_bytes(wav(from_pcm16(np.concatenate([*parts, pause])).samples))


if __name__ == "__main__":
    command(lambda: typer.run(main))
