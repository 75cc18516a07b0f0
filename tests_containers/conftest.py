"""A Docker Engine with the images in it, and a table of what was measured at the end."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
import soundfile
from running import running
from runs import Done, run_timed

from cli.console import table_of
from cli.demo.traffic import drifted, send
from deploy.images import tag_of
from serving.client import Client
from tests.lenient import LENIENT
from tests.servers import free_port
from undertone.audio import SAMPLE_RATE
from undertone.config import GeneratedParams, Params, load_params
from undertone.corpora.generated import generate

MEASURED = pytest.StashKey[list[tuple[str, ...]]]()
CLIPS = 300
CALLS = 120
SMALL = (
    *LENIENT,
    "corpus.name=table",
    "timeline.joined=2",
    "continual.epochs=4",
    "promotion.behaviour_clips=10",
)


@pytest.fixture(scope="session")
def engine() -> Iterator[docker.DockerClient]:
    client = docker.from_env()
    yield client
    client.close()


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of generated speech; what speaks is in no image."""
    folder = tmp_path_factory.mktemp("corpus")
    rows = ["path,speaker_id,emotion,language"]
    for said in generate(GeneratedParams(clips=CLIPS)):
        name = f"{said.utterance_id}.wav"
        soundfile.write(folder / name, said.samples, SAMPLE_RATE)
        rows.append(f"{name},{said.speaker_id},{said.emotion},en")
    (folder / "clips.csv").write_text("\n".join(rows))
    return folder


@pytest.fixture(scope="session")
def clip(corpus: Path) -> Path:
    """A recording of a person where there are some, else a generated one."""
    data = Path(os.environ.get("UNDERTONE_TEST_DATA", corpus))
    return sorted([*data.glob("ravdess/*/*.flac"), *corpus.glob("*.wav")])[0]


@pytest.fixture(scope="session")
def params(corpus: Path) -> Params:
    return load_params(profile="demo", overrides=[*SMALL, f"corpus.path={corpus / 'clips.csv'}"])


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("state") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNDERTONE_HOME", str(folder))
        patch.setenv("BENTOML_HOME", str(folder / "bentoml"))
        patch.setenv("OMP_NUM_THREADS", "1")
        yield folder


@pytest.fixture(scope="session")
def trained(home: Path, params: Params) -> Done:
    return run_timed("training", params, "docker")


@pytest.fixture(scope="session")
def labelled(engine, trained: Done, home: Path, params: Params) -> Path:
    """A copy of the state, after the served champion heard drifted calls and was told of each."""
    port = free_port()
    command = ["undertone", "serve", "--profile", "demo", "--port", str(port)]
    with (
        running(
            engine,
            tag_of("serving"),
            command,
            network_mode="host",
            user=f"{os.getuid()}:{os.getgid()}",
            environment={"UNDERTONE_HOME": str(home), "HOME": "/tmp"},
            volumes={str(home): {"bind": str(home), "mode": "rw"}},
        ),
        Client(f"http://127.0.0.1:{port}") as client,
    ):
        client.wait_ready(60)
        for one in send(client, drifted(params.corpus.generated, CALLS), "calls", CALLS):
            client.feedback(one.prediction_id, one.truth, source="test")
    aside = home.with_name("labelled")
    shutil.copytree(home, aside)
    return aside


@pytest.fixture
def restored(labelled: Path, home: Path):
    """Lay the state out anew where it was: paths stand in it."""

    def _restore() -> None:
        shutil.rmtree(home)
        shutil.copytree(labelled, home)

    return _restore


@pytest.fixture
def measured(request: pytest.FixtureRequest):
    """Keep a row for the table at the end."""

    def _keep(*row: object) -> None:
        request.config.stash.setdefault(MEASURED, []).append(tuple(map(str, row)))

    return _keep


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    from rich.console import Console

    table = table_of("", "in processes", "in containers")
    for row in config.stash.get(MEASURED, []):
        table.add_row(*row)
    Console(file=terminalreporter._tw._file, width=100).print(table)
