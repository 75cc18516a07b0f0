"""What lies in `deploy/`, read as those who apply it read it."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import yaml

DEPLOY = Path(__file__).parents[2] / "deploy"
KUBECTL = Path(sys.executable).with_name("kubectl")
OVERLAYS = ("small", "production")
Manifest = dict[str, Any]


@cache
def rendered(folder: str) -> list[Manifest]:
    """The manifests that a kustomization of `deploy/` makes."""
    made = subprocess.run(
        [KUBECTL, "kustomize", DEPLOY / folder], check=True, capture_output=True, text=True
    )
    assert not made.stderr
    return list(yaml.safe_load_all(made.stdout))


def overlay(name: str) -> list[Manifest]:
    """The manifests of an overlay."""
    return rendered(f"kubernetes/overlays/{name}")


def of_kind(manifests: list[Manifest], kind: str) -> dict[str, Manifest]:
    """Those of a kind, by name."""
    return {one["metadata"]["name"]: one for one in manifests if one["kind"] == kind}


def pod_templates(manifests: list[Manifest]) -> dict[str, Manifest]:
    """What the workloads make pods of, by the workload's name."""
    found = {}
    for one in manifests:
        spec = one.get("spec", {})
        spec = spec.get("jobTemplate", {}).get("spec", spec)
        if one["kind"] in ("Deployment", "Job", "CronJob"):
            found[one["metadata"]["name"]] = spec["template"]
    return found


def rules() -> list[Manifest]:
    """The rules for Prometheus."""
    groups = yaml.safe_load((DEPLOY / "prometheus/rules.yaml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def dashboards() -> list[tuple[str, Manifest]]:
    """The dashboards for Grafana, each with its name."""
    files = sorted((DEPLOY / "grafana/dashboards").glob("*.json"))
    return [(file.stem, json.loads(file.read_text())) for file in files]
