"""The service in a container: read-only, nobody special, and no request lost when it goes."""

import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from httpx import codes
from running import address, published, running, volume

from deploy.images import ROOT, tag_of
from monitoring.store import Store
from serving.client import Client
from serving.registry import Registry
from tests.callers import Callers

CALLERS = 6
USE = {"role": "caller", "purpose": "research"}
pytestmark = pytest.mark.timeout(300)


@dataclass
class Packed:
    """A service with its champion: the image, and what it must be given."""

    image: str
    volumes: dict
    environment: dict
    scratch: dict


@pytest.fixture(scope="module", params=["mounted", "bento"])
def packed(request, trained, home) -> Packed:
    """The champion's bundle, mounted beside the image or inside it."""
    if request.param == "mounted":
        tag = Registry(Store()).champion()
        mounted = {str(home / "bentoml" / "models"): {"bind": "/bentoml/models", "mode": "ro"}}
        return Packed(
            tag_of("serving"),
            mounted,
            {"BENTOML_HOME": "/bentoml", "UNDERTONE_CHAMPION": tag},
            {"/tmp": "", "/bentoml": "mode=1777"},
        )
    script = str(ROOT / "deploy" / "bento" / "build.py")
    built = subprocess.run([sys.executable, script], check=True, capture_output=True, text=True)
    return Packed(built.stdout.split()[-1], {}, {}, {"/tmp": ""})


def test_the_service_answers_and_goes_without_losing_a_request(engine, packed, clip, measured):
    with volume(engine) as state:
        mounts = packed.volumes | state
        words = engine.containers.run(
            packed.image,
            ["undertone", "keys", "create", "--name", "test", "--scope", "predict"],
            volumes=mounts,
            remove=True,
        )
        began = time.monotonic()
        with running(
            engine,
            packed.image,
            volumes=mounts,
            environment=packed.environment | {"UNDERTONE_DRAIN_SECONDS": "1"},
            ports={"3000/tcp": ("127.0.0.1", None)},
            tmpfs=packed.scratch,
        ) as container:
            key = words.decode().split()[-1]
            with Client(published(container), key=key) as client:
                client.wait_ready(60)
                ready = time.monotonic() - began
                answer = client.predict(audio=clip, **USE)
            measured(f"ready, {packed.image.rpartition(':')[2]}", "", f"{ready:.1f} s")
            assert answer.recorded
            assert sum(answer.distribution.values()) == pytest.approx(1, abs=1e-3)
            _require_confined(container)
            outcomes = _stop_under_fire(container, key, clip)
    assert set(outcomes) == {200, "refused"}
    assert outcomes["refused"] == CALLERS
    measured("  answered while it stops", "", f"{outcomes[200]}, none lost")


def test_nobody_is_let_in_without_a_key(engine, packed):
    with running(engine, packed.image, volumes=packed.volumes) as container:
        assert container.wait(timeout=60)["StatusCode"] == 2
        assert "undertone keys create" in container.logs().decode()


def _require_confined(container) -> None:
    check = container.image.attrs["Config"]["Healthcheck"]["Test"]
    assert container.exec_run(check[1:]).exit_code == 0
    assert container.exec_run(["id", "-u"]).output.split() == [b"10001"]
    assert container.exec_run(["touch", "/opt/venv/new"]).exit_code != 0


def _stop_under_fire(container, key: str, clip: Path) -> Counter:
    """Callers that connect anew for each request, until a balancer would send them elsewhere."""
    headers = {"Authorization": f"Bearer {key}"}

    def call() -> httpx.Response:
        with httpx.Client(base_url=address(container), timeout=30, trust_env=False) as client:
            if client.get("/readyz").status_code == codes.SERVICE_UNAVAILABLE:
                raise httpx.ConnectError("the balancer sends nobody here any more")
            sound = {"audio": clip.read_bytes()}
            return client.post("/predict", headers=headers, files=sound, data=USE)

    callers = Callers(CALLERS, call)
    time.sleep(2)
    container.stop(timeout=60)
    callers.join()
    return callers.outcomes
