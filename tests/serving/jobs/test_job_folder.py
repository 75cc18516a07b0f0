"""What is found of jobs when the process that heard them is gone."""

import subprocess
import sys
import time

import pytest

from serving.jobs.folder import JobFolders
from serving.jobs.schemas import Job, JudgedPassage, State
from serving.refusal import RefusedError

IDS = ["0" * 32, "1" * 32, "2" * 32]
HOLDER = """
import sys, time
from pathlib import Path
from serving.jobs.folder import JobFolders
from serving.jobs.schemas import Job, State
folder = JobFolders(Path(sys.argv[1]), 1).create(
    Job(job_id=sys.argv[2], state=State.RUNNING, created_at=time.time())
)
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folders(tmp_path):
    return JobFolders(tmp_path, keep_hours=1)


def test_a_job_of_a_killed_process_is_interrupted(folders, tmp_path):
    command = [sys.executable, "-c", HOLDER, str(tmp_path), IDS[0]]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, **pipes) as holder:
        assert holder.stdout.readline() == b"held\n"
        assert folders.find(IDS[0])[1].state is State.RUNNING
        holder.kill()
        holder.wait()
    folders.sweep()
    assert folders.find(IDS[0])[1].state is State.INTERRUPTED


def test_what_is_past_its_time_is_forgotten_unless_it_still_runs(folders):
    long_ago = time.time() - 4000
    done, running, new = IDS
    for job_id, state, created_at in (
        (done, State.DONE, long_ago),
        (running, State.RUNNING, long_ago),
        (new, State.DONE, time.time()),
    ):
        folder = folders.create(Job(job_id=job_id, state=state, created_at=created_at))
        if state is State.DONE:
            folder.release()
    folders.sweep()
    with pytest.raises(RefusedError, match="no job"):
        folders.find(done)
    assert folders.find(running)[1].state is State.RUNNING
    assert folders.find(new)[1].state is State.DONE


def test_answers_are_lines_that_nobody_else_may_read(folders):
    folder = folders.create(Job(job_id=IDS[0], created_at=time.time()))
    assert folder.answers.parent.stat().st_mode & 0o077 == 0
    passages = [JudgedPassage(start=start, end=start + 1, speech_s=1) for start in range(3)]
    for passage in passages:
        folder.append(passage)
    lines = folder.answers.read_text().splitlines()
    assert [JudgedPassage.model_validate_json(line) for line in lines] == passages
    folder.release()
