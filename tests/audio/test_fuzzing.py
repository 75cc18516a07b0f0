"""Files that accidents happened to, decoded in a process that may die of them."""

import subprocess
import sys

import fuzzing

FIRST, COUNT = 2_000_000, 400


def test_a_broken_file_is_decoded_or_refused_and_nothing_else():
    command = [sys.executable, fuzzing.__file__, str(FIRST), str(COUNT)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
    lines = run.stdout.splitlines()
    assert run.returncode == 0, f"file {lines[-1]}: {run.stderr[-2000:]}"
    assert sum(line.endswith(" ok") for line in lines) == COUNT
    assert "'decoded'" in lines[-1]


def test_a_seed_breaks_a_file_the_same_way_each_time():
    valid = fuzzing.seeds()
    first, again = (list(fuzzing.broken_files(valid, FIRST, 20)) for _ in range(2))
    assert first == again
    assert len({data for _, data in first}) == 20
