"""Whatever asks Prometheus asks for metrics that the service really exports."""

import httpx
import numpy as np
import promql_parser as promql
import pytest
import yaml
from places import DEPLOY, dashboards, of_kind, overlay, rules
from prometheus_client.parser import text_string_to_metric_families

from monitoring.store import VerdictRow
from monitoring.store.tables import now
from tests.serving.serving_harness import live_service, wait_for_metric
from undertone.audio import SAMPLE_RATE, wav

OF_PROMETHEUS = {"instance", "job", "namespace", "pod"}
USE = {"role": "customer", "purpose": "service_quality"}
PAUSE_BETWEEN_SCRAPES = "5m"


def adapter():
    """The rules of the Prometheus adapter."""
    return yaml.safe_load((DEPLOY / "prometheus/adapter.yaml").read_text())["rules"]


def queries():
    """Every query that something in `deploy/` asks, with where it stands."""
    for rule in rules():
        yield rule["alert"], rule["expr"]
    for rule in adapter():
        yield "adapter", rule["seriesQuery"]
    for name, board in dashboards():
        for panel in board["panels"]:
            for target in panel.get("targets", []):
                yield f"{name}: {panel['title']}", target["expr"]


def asked(query):
    """The metrics of a query, each with the labels that are looked at, and those grouped by."""
    metrics, groupings = {}, set()

    def look(expression):
        if isinstance(expression, promql.VectorSelector):
            labels = {matcher.name for matcher in expression.matchers.matchers}
            metrics.setdefault(expression.name, set()).update(labels)
        if isinstance(expression, promql.AggregateExpr) and expression.modifier:
            groupings.update(expression.modifier.labels)

    promql.walk(promql.parse(query.replace("$__rate_interval", PAUSE_BETWEEN_SCRAPES)), look)
    return metrics, groupings


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """What a service exports after some traffic: the labels of each metric, by its name."""
    home = tmp_path_factory.mktemp("live")
    settings = "serving: {shadow_share: 1, poll_seconds: 0.1}"
    with live_service(home, "rich_service:Undertone", settings) as live:
        end = now()
        verdict = VerdictRow(champion="m:1", policy="p", window_start=end, window_end=end)
        verdict.verdict, verdict.details = 0, {"evidence": 1.0, "threshold": 2.0}
        live.store.add_verdict(verdict, {}, None, ask_retrain=False)
        live.registry.promote(live.register("one"), "first")
        live.registry.set_challenger(live.register("two"), "looks on")
        live.client.wait_ready(60)
        wait_for_metric(live, 'pointer="challenger"} 1.0')
        live.client.predict(wav(np.zeros(SAMPLE_RATE, np.float32)), **USE)
        live.client.predict(text="not again please", **USE)
        httpx.post(live.url + "/predict", headers={"X-API-Key": "wrong"})
        wait_for_metric(live, "undertone_shadow_total")
        text = httpx.get(live.url + "/metrics").text
    labels = {"up": set()}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels.setdefault(sample.name, set()).update(sample.labels)
    return labels


def test_every_metric_and_label_is_exported(exported):
    for place, query in queries():
        metrics, groupings = asked(query)
        assert metrics, place
        for name, labels in metrics.items():
            assert name in exported, f"{place} asks for {name}"
            assert labels <= exported[name] | OF_PROMETHEUS, f"{place}: labels of {name}"
        known = set().union(*(exported[name] for name in metrics)) | OF_PROMETHEUS
        assert groupings <= known, f"{place} groups by {groupings - known}"


def test_the_autoscaler_reads_what_the_adapter_tells():
    [scaler] = of_kind(overlay("production"), "HorizontalPodAutoscaler").values()
    [metric] = scaler["spec"]["metrics"]
    told = {name for rule in adapter() for name in asked(rule["seriesQuery"])[0]}
    assert metric["pods"]["metric"]["name"] in told


@pytest.mark.parametrize(("name", "board"), dashboards())
def test_a_dashboard_can_be_read(name, board):
    panels = [panel for panel in board["panels"] if panel["type"] != "row"]
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    assert board["uid"] == f"undertone-{name}"
    for panel in panels:
        assert panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"]
        assert panel["datasource"]["uid"] == "${datasource}"
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
    places = [panel["gridPos"] for panel in board["panels"]]
    for one in places:
        assert not [other for other in places if other is not one and overlap(one, other)]


def overlap(one, other):
    """Whether two panels lie on each other."""
    return all(
        one[start] < other[start] + other[size] and other[start] < one[start] + one[size]
        for start, size in (("x", "w"), ("y", "h"))
    )
