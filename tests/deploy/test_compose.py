import re
import tomllib

import pytest
import yaml
from places import DEPLOY
from typer.testing import CliRunner

from cli.main import app

TEXT = (DEPLOY / "compose.yaml").read_text()
COMPOSE = yaml.safe_load(TEXT)
SERVICES = COMPOSE["services"]
OURS = {name: one for name, one in SERVICES.items() if "undertone-python" in one["image"]}
VARIABLE = re.compile(r"\$\{(\w+)(:[-?][^}]*)?\}")
CONDITIONS = {"service_healthy", "service_completed_successfully"}


def example():
    """The settings of `.env.example`."""
    lines = (DEPLOY / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_every_variable_is_in_the_example_and_every_secret_is_empty_there():
    settings = example()
    assert {name for name, _ in VARIABLE.findall(TEXT)} == set(settings)
    assert {name for name in settings if "PASSWORD" in name or "WEBHOOK" in name} == {
        name for name, value in settings.items() if not value
    }
    project = tomllib.loads((DEPLOY.parent / "pyproject.toml").read_text())["project"]
    assert settings["VERSION"] == project["version"]


def test_no_secret_is_written():
    for name, service in SERVICES.items():
        for key, value in service.get("environment", {}).items():
            if "PASSWORD" in key or "WEBHOOK" in key:
                assert VARIABLE.fullmatch(value), f"{name}: {key}"


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_refers_to_is_there(name):
    service = SERVICES[name]
    for volume in service.get("volumes", []):
        source, _, target = volume.partition(":")
        if target and not source.startswith("${"):
            assert source in COMPOSE["volumes"] or (DEPLOY / source).exists(), source
    assert set(service["networks"]) <= set(COMPOSE["networks"])
    for other, asked in service.get("depends_on", {}).items():
        assert asked["condition"] in CONDITIONS
        assert other in SERVICES
        if asked["condition"] == "service_healthy":
            assert "healthcheck" in SERVICES[other], f"{name} would wait for {other} for ever"


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_may_do_nothing_that_it_need_not(name):
    service = SERVICES[name]
    assert service["read_only"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    if name in OURS:
        assert service["user"] == "10001:10001"
        assert service["cap_drop"] == ["ALL"]


@pytest.mark.parametrize("name", OURS)
def test_commands_are_those_of_the_command_line(name):
    said = " ".join(OURS[name]["command"])
    for words in re.findall(r"undertone ([\w -./]+)", said):
        told = CliRunner().invoke(app, [*words.split(), "--help"])
        assert told.exit_code == 0, words


def test_prometheus_and_grafana_look_where_things_are():
    [scrape] = yaml.safe_load((DEPLOY / "prometheus/prometheus.yaml").read_text())["scrape_configs"]
    [target] = scrape["static_configs"][0]["targets"]
    host, port = target.split(":")
    assert host in SERVICES
    assert SERVICES[host]["ports"][0].endswith(f":{port}")
    provisioning = DEPLOY / "grafana/provisioning"
    mounted = {volume.split(":")[1] for volume in SERVICES["grafana"]["volumes"]}
    [provider] = yaml.safe_load((provisioning / "dashboards/undertone.yaml").read_text())[
        "providers"
    ]
    assert provider["options"]["path"] in mounted
    [source] = yaml.safe_load((provisioning / "datasources/prometheus.yaml").read_text())[
        "datasources"
    ]
    assert source["url"] == "http://prometheus:9090"
