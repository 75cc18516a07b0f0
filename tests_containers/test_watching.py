"""The image of monitoring judges the traffic of a service, and may write nothing but its state."""

import os

from running import CONFINED

from deploy.images import tag_of
from monitoring.store import Store
from tests.lenient import LENIENT


def test_live_traffic_is_judged_and_reported(engine, restored, home):
    restored()
    report = home / "seen.html"
    settings = [f"--set={setting}" for setting in LENIENT]
    said = engine.containers.run(
        tag_of("monitoring"),
        ["undertone", "monitor", "judge", "--profile=demo", f"--out={report}", *settings],
        network_mode="none",
        user=f"{os.getuid()}:{os.getgid()}",
        environment={"UNDERTONE_HOME": str(home), "HOME": "/tmp"},
        volumes={str(home): {"bind": str(home), "mode": "rw"}},
        remove=True,
        **CONFINED,
    )
    store = Store()
    (verdict,) = store.verdicts()
    store.close()
    assert said.decode().startswith(f"verdict {verdict.verdict}: ")
    assert "plotly" in report.read_text(encoding="utf-8")
