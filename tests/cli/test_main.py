import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from undertone import __version__

HEAVY = ("torch", "transformers", "bentoml", "kfp", "evidently", "pandas", "sqlalchemy", "pydantic")
COMMANDS = [
    ["corpora", "ingest"],
    ["corpora", "hear"],
    ["run", "training"],
    ["run", "continual"],
    ["run", "monitoring"],
    ["runs", "list"],
    ["runs", "show"],
    ["runs", "log"],
    ["models", "promote"],
    ["models", "rollback"],
    ["models", "withdraw"],
    ["adapter", "train"],
    ["adapter", "list"],
    ["adapter", "delete"],
    ["search"],
    ["monitor", "verdicts"],
    ["monitor", "hold"],
    ["review", "export"],
    ["keys", "create"],
    ["policy", "allow"],
    ["forget"],
    ["stress"],
    ["serve"],
    ["predict"],
    ["label", "propose"],
    ["label", "pseudo"],
    ["label", "prompt"],
    ["lineage"],
    ["demo"],
]


def undertone(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cli", *arguments]
    home = {"UNDERTONE_HOME": str(cwd / "home")}
    return subprocess.run(
        command, cwd=cwd, env={**os.environ, **home}, capture_output=True, text=True, check=False
    )


def test_starting_the_command_imports_nothing_heavy() -> None:
    code = f"import sys, cli.main; print([m for m in {HEAVY} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(command: list[str]) -> None:
    result = CliRunner().invoke(app, [*command, "--help"])
    assert result.exit_code == 0
    assert "Usage:" in result.output


def test_version() -> None:
    assert __version__ in CliRunner().invoke(app, ["--version"]).output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "training", "--profile", "huge"], "There is no profile 'huge'"),
        (["run", "training", "--set", "training.epochs=0"], "training.epochs"),
        (["run", "training", "--set", "epochs"], "is not a setting"),
        (["run", "training", "--params", "none.yaml"], "none.yaml does not exist"),
        (["run", "training", "--wait"], "give its address by --submit"),
        (["run", "monitoring", "--every", "0 0 * * * *"], "give its address by --submit"),
        (["run", "training", "--submit", "https://127.0.0.1:9"], "could not work on a cluster"),
        (["runs", "list", "--host", "kubeflow"], "no address of a cluster"),
        (["corpora", "ingest", "--corpus", "nosuch", "--out", "c"], "nosuch"),
        (["corpora", "ingest", "--corpus", "emodb=nowhere", "--out", "c"], "nowhere"),
        (["evaluate", "--out", "e"], "either --bundle"),
        (["evaluate", "--out", "e", "--protocol", "random"], "There is no protocol 'random'"),
        (["evaluate", "--out", "e", "--protocol", "speaker-dependent:5"], "would flatter"),
        (["evaluate", "--out", "e", "--protocol", "loso", "--heard", "h"], "needs its --heard"),
        (["models", "promote", "undertone:000000000000"], "There is no model"),
        (["models", "rollback"], "no earlier champion"),
        (["models", "rollback", "--tenant", "clinic"], "no earlier tenant/clinic"),
        (["models", "promote", "undertone:000000000000", "--tenant", "A B"], "no name for a"),
        (["models", "withdraw", "a/b/c"], "no name for a tenant"),
        (["adapter", "train", "--tenant", "a", "--clips", "c"], "no champion to retrain"),
        (["adapter", "train", "--tenant", "A B", "--clips", "c"], "no name for a tenant"),
        (["adapter", "delete", "--tenant", "a/b/c"], "no name for a tenant"),
        (["search", "none", "heard", "--out", "s"], "heard is no corpus folder"),
        (["lineage", "nothing"], "nothing"),
        (["label", "propose", "none.csv", "--out", "o.csv"], "none.csv"),
        (["label", "propose", "t.csv", "--out", "o.csv", "--strategy", "luck"], "'luck'"),
        (["label", "pseudo", "none.csv", "--out", "o.csv", "--bundle", "b"], "none.csv"),
        (["label", "prompt", "none.csv", "--out", "o.csv", "--model", "m"], "none.csv"),
        (["predict", "--text", "hello", "--url", "http://127.0.0.1:9"], "127.0.0.1:9"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_ends_with_its_message_and_no_traceback(
    tmp_path: Path, arguments: list[str], said: str
) -> None:
    result = undertone(*arguments, cwd=tmp_path)
    assert result.returncode == 2
    assert said in result.stderr.replace("\n", " ")
    assert "Traceback" not in result.stderr
