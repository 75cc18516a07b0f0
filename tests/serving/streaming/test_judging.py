"""A stream's utterances before a judge that is slow, busy or at a loss."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from serving.forms import Utterance
from serving.refusal import RefusedError
from serving.schemas import Answer
from serving.streaming.judging import ATTEMPTS, Judging
from serving.streaming.messages import Final, Provisional, Refused
from undertone.errors import AudioError
from undertone.prediction import Modalities, Segment, Transcript, Word
from undertone.streaming import Spoken

ANSWER = Answer(
    prediction_id="p",
    emotion="anger",
    confidence=1.0,
    distribution={"anger": 1.0},
    modalities=Modalities(audio=True, text=False, image=False),
    transcript=Transcript(text="no", words=[Word(word="no", start=0.25, end=0.5)]),
    timeline=[Segment(start=0, end=1, emotion="anger", confidence=1, distribution={"anger": 1})],
)
BUSY = RefusedError(503, "busy", retry_after_s=0.01)


def spoken(start=0.0):
    return Spoken(np.zeros(16_000, np.float32), start=start, speech_s=1.0)


class Line:
    def __init__(self):
        self.told = []

    async def tell(self, event):
        self.told.append(event)


class Judge:
    """Answers when it is let, after some errors."""

    def __init__(self, *errors, free=True):
        self.errors = list(errors)
        self.free = asyncio.Event()
        self.asked = []
        if free:
            self.free.set()

    async def answer(self, utterance, started):
        self.asked.append(utterance)
        await self.free.wait()
        if self.errors:
            raise self.errors.pop(0)
        return ANSWER

    async def glance(self, utterance):
        return await self.answer(utterance, 0)


def judging(scene):
    """Run a scene with a judging, its judge and its line."""

    def run(*errors, free=True):
        async def play():
            judge, line = Judge(*errors, free=free), Line()
            with ThreadPoolExecutor(1) as thread:
                await scene(Judging(judge, line, Utterance(), thread), judge, line)

        asyncio.run(play())

    return run


def test_times_are_moved_to_those_of_the_stream():
    @judging
    async def scene(one, judge, line):
        await one.conclude(spoken(2.0))
        await one.concluded()
        (final,) = line.told
        assert (final.start, final.end, final.emotion) == (2.0, 3.0, "anger")
        assert (final.transcript.words[0].start, final.transcript.words[0].end) == (2.25, 2.5)
        assert (final.timeline[0].start, final.timeline[0].end) == (2.0, 3.0)
        assert judge.asked[0].audio[:4] == b"RIFF"
        assert ANSWER.transcript.words[0].start == 0.25

    scene()


def test_one_unusable_utterance_is_told_and_the_stream_goes_on():
    @judging
    async def scene(one, judge, line):
        await one.conclude(spoken(1.0))
        await one.conclude(spoken(3.0))
        await one.concluded()
        refused, final = line.told
        assert isinstance(refused, Refused)
        assert (refused.start, refused.error.code) == (1.0, "unprocessable")
        assert isinstance(final, Final)
        assert one.answered == 1

    scene(AudioError("clipped"))


def test_a_busy_judge_is_asked_again_but_not_for_ever():
    @judging
    async def patient(one, judge, line):
        await one.conclude(spoken())
        await one.concluded()
        assert one.answered == 1
        assert len(judge.asked) == ATTEMPTS

    patient(*[BUSY] * (ATTEMPTS - 1))

    @judging
    async def given_up(one, judge, line):
        await one.conclude(spoken())
        with pytest.raises(RefusedError, match="busy"):
            await one.concluded()
        with pytest.raises(RefusedError):
            one.check()
        await one.settle()
        assert line.told == []

    given_up(*[BUSY] * ATTEMPTS)


def test_the_next_utterance_waits_until_the_last_is_answered():
    @judging
    async def scene(one, judge, line):
        await one.conclude(spoken(1.0))
        following = asyncio.create_task(one.conclude(spoken(2.0)))
        await asyncio.wait([following], timeout=0.05)
        assert not following.done()
        judge.free.set()
        await following
        await one.settle()
        assert [event.start for event in line.told] == [1.0, 2.0]

    scene(free=False)


def test_a_glance_takes_the_voice_alone_and_its_failure_is_not_told():
    @judging
    async def scene(one, judge, line):
        for error in ([BUSY], []):
            judge.errors = error
            one.glance(spoken())
            while one.glancing:
                await asyncio.sleep(0)
        assert [type(event) for event in line.told] == [Provisional]
        assert not judge.asked[0].transcribe

    scene()


def test_a_glance_is_dropped_when_its_utterance_ends():
    @judging
    async def scene(one, judge, line):
        one.glance(spoken())
        while not judge.asked:
            await asyncio.sleep(0)
        await one.conclude(spoken())
        judge.free.set()
        await one.settle()
        assert [type(event) for event in line.told] == [Final]

    scene(free=False)
