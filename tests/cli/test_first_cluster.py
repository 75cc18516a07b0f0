"""`docs/first-cluster.md`, followed on a stand-in for the cluster."""

from typing import Any

import pytest
from typer.testing import CliRunner

from cli.main import app
from tests.pages import ROOT, own_commands
from tests.pipelines.kubeflow import Kubeflow, serving
from undertone.config import params_from_json

HOST = "http://127.0.0.1:8080"  # of the page


class Fast(Kubeflow):
    """Its runs have ended by the time that somebody looks."""

    def make(self, collection: str, body: dict[str, Any]) -> dict[str, Any]:
        made = super().make(collection, body)
        if collection == "runs":
            self.task(made, "ingest", "SUCCEEDED", "535 utterances\n")
            made["state"] = "SUCCEEDED"
        return made


def test_the_page_leads_to_a_run_its_log_and_a_schedule(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster, said = Fast(), ""
    monkeypatch.chdir(ROOT)
    with serving(cluster) as host:
        for words in own_commands(ROOT / "docs/first-cluster.md"):
            if HOST in words:
                meant = {HOST: host, "RUN": "".join(cluster.held["runs"])}
                told = CliRunner().invoke(app, [meant.get(word, word) for word in words])
                assert told.exit_code == 0, told.output
                said += told.stdout
    (run,) = cluster.runs()
    corpus = params_from_json(run["runtime_config"]["parameters"]["params"]).corpus
    assert (run["display_name"], corpus.path) == ("first", "s3://undertone/corpora/emodb")
    assert "first: SUCCEEDED" in said
    assert "535 utterances" in said
    (schedule,) = cluster.schedules()
    assert schedule["mode"] == "ENABLE"
    assert schedule["trigger"]["cron_schedule"]["cron"] == "0 0 * * * *"
