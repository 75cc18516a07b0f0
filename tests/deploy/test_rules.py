import subprocess
from pathlib import Path

import pytest
import yaml
from places import DEPLOY, rules


@pytest.mark.parametrize(
    "command",
    [
        ("check", "rules", DEPLOY / "prometheus/rules.yaml"),
        ("check", "config", "--syntax-only", DEPLOY / "prometheus/prometheus.yaml"),
        ("test", "rules", Path(__file__).with_name("rules_test.yaml")),
    ],
)
def test_promtool_agrees(command):
    told = subprocess.run(["promtool", *command], capture_output=True, text=True)
    assert told.returncode == 0, told.stdout + told.stderr


def test_an_alert_says_how_bad_it_is_and_what_to_do():
    assert len({rule["alert"] for rule in rules()}) == len(rules())
    for rule in rules():
        assert rule["labels"]["severity"] in ("critical", "warning", "info")
        assert rule["annotations"].keys() == {"summary", "description"}


def test_the_operators_manifest_takes_the_same_rules():
    """As deploy/README.md puts them together."""
    prometheus = DEPLOY / "prometheus"
    indented = "".join(
        f"  {line}\n" for line in (prometheus / "rules.yaml").read_text().splitlines()
    )
    joined = (prometheus / "operator.yaml").read_text() + indented
    *_, rule = yaml.safe_load_all(joined)
    assert rule["kind"] == "PrometheusRule"
    assert [one for group in rule["spec"]["groups"] for one in group["rules"]] == rules()
