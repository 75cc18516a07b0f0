import tomllib
from pathlib import Path

import kubernetes_validate
import pytest
import yaml
from places import DEPLOY, OVERLAYS, of_kind, overlay, pod_templates, rendered
from typer.testing import CliRunner

from cli.main import app
from pipelines.cluster.fitness import check_for_cluster
from serving.access.routes import needed
from serving.lingering import LINGER_S
from undertone.config import Params, load_params

VERSIONS = ("1.31.0", kubernetes_validate.latest_version())


@pytest.fixture(params=OVERLAYS)
def manifests(request):
    return overlay(request.param)


def containers(manifests):
    for name, template in pod_templates(manifests).items():
        for container in template["spec"]["containers"]:
            yield name, container


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "folder",
    [*(f"kubernetes/overlays/{name}" for name in OVERLAYS), "kubernetes/pipelines", "grafana"],
)
def test_kubernetes_takes_every_manifest(folder, version):
    for manifest in rendered(folder):
        kubernetes_validate.validate(manifest, version, strict=True)


def test_a_misspelt_field_would_be_found():
    [job] = of_kind(overlay("small"), "Job").values()
    wrong = job | {"spec": job["spec"] | {"backofLimit": 1}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSIONS[0], strict=True)


def test_pods_may_do_nothing_that_they_need_not(manifests):
    for name, template in pod_templates(manifests).items():
        spec = template["spec"]
        assert spec["automountServiceAccountToken"] is False, name
        assert spec["securityContext"]["runAsNonRoot"], name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        for container in spec["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, name
            assert {"cpu", "memory"} <= set(container["resources"]["requests"]), name
            assert "memory" in container["resources"]["limits"], name


def test_secrets_are_named_and_never_written(manifests):
    assert not of_kind(manifests, "Secret")
    for name, container in containers(manifests):
        assert "env" not in container, name
        assert {"secretRef": {"name": "undertone-secrets", "optional": True}} in container[
            "envFrom"
        ]
    for settings in of_kind(manifests, "ConfigMap").values():
        for key in settings["data"]:
            assert not any(word in key for word in ("PASSWORD", "SECRET", "ACCESS_KEY", "WEBHOOK"))


def test_what_pods_refer_to_is_there(manifests):
    maps, claims = of_kind(manifests, "ConfigMap"), of_kind(manifests, "PersistentVolumeClaim")
    for name, template in pod_templates(manifests).items():
        spec = template["spec"]
        assert spec["serviceAccountName"] in of_kind(manifests, "ServiceAccount"), name
        volumes = {volume["name"]: volume for volume in spec["volumes"]}
        for volume in volumes.values():
            assert volume.get("configMap", {"name": next(iter(maps))})["name"] in maps, name
            claim = volume.get("persistentVolumeClaim", {"claimName": "undertone-home"})
            assert claim["claimName"] in claims, name
        for container in spec["containers"]:
            assert {mount["name"] for mount in container["volumeMounts"]} == set(volumes), name
            assert container["envFrom"][0]["configMapRef"]["name"] in maps, name


def test_what_selects_pods_selects_those_of_the_service_alone(manifests):
    labels = {
        name: template["metadata"]["labels"] for name, template in pod_templates(manifests).items()
    }
    [service] = of_kind(manifests, "Service").values()
    [budget] = of_kind(manifests, "PodDisruptionBudget").values()
    callers = of_kind(manifests, "NetworkPolicy")["allow-callers-and-prometheus"]
    for wanted in (
        service["spec"]["selector"],
        budget["spec"]["selector"]["matchLabels"],
        callers["spec"]["podSelector"]["matchLabels"],
    ):
        chosen = [name for name, has in labels.items() if wanted.items() <= has.items()]
        assert chosen == ["undertone-serving"]
    monitor = next(yaml.safe_load_all((DEPLOY / "prometheus/operator.yaml").read_text()))
    wanted = monitor["spec"]["selector"]["matchLabels"]
    assert wanted.items() <= labels["undertone-serving"].items()


def test_the_network_is_closed_but_for_what_is_said(manifests):
    policies = of_kind(manifests, "NetworkPolicy")
    closed = policies["deny-by-default"]["spec"]
    assert closed == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    for policy in policies.values():
        for rule in policy["spec"].get("egress", []):
            assert rule["to"], "an empty list would let everything out"
            assert rule["ports"]


def test_images_are_of_one_registry_and_this_version(manifests):
    project = tomllib.loads((DEPLOY.parent / "pyproject.toml").read_text())["project"]
    images = {container["image"] for _, container in containers(manifests)}
    names, tags = zip(*(image.rsplit(":", 1) for image in images), strict=True)
    assert len(set(names)) == 1
    assert names[0].endswith("/undertone-python")
    roles = {tag.removeprefix(f"{project['version']}-") for tag in tags}
    assert "serving" in roles
    assert roles <= {"serving", "monitoring", "pipeline-cpu", "pipeline-gpu"}


def test_commands_are_those_of_the_command_line(manifests):
    for _, container in containers(manifests):
        program, *words = container["command"]
        if program == "undertone":
            told = CliRunner().invoke(app, [*words, "--help"])
            assert told.exit_code == 0, words


def params_of(manifests, folder: Path) -> Params:
    [data] = [
        one["data"]
        for name, one in of_kind(manifests, "ConfigMap").items()
        if name.startswith("undertone-params")
    ]
    file = folder / "params.yaml"
    file.write_text(data["params.yaml"])
    return load_params(file)


def test_a_pod_that_goes_has_time_for_what_it_is_answering(manifests, tmp_path):
    params = params_of(manifests, tmp_path)
    spec = pod_templates(manifests)["undertone-serving"]["spec"]
    [container] = spec["containers"]
    needed_s = (
        container["lifecycle"]["preStop"]["sleep"]["seconds"]
        + params.serving.timeout_seconds
        + LINGER_S
    )
    assert spec["terminationGracePeriodSeconds"] > needed_s
    assert params.access.required


def test_a_run_ends_before_its_retrain_may_be_claimed_anew(manifests, tmp_path):
    jobs = of_kind(manifests, "CronJob")["undertone-monitoring"]["spec"]
    lease_s = 60 * params_of(manifests, tmp_path).trigger.lease_minutes
    assert jobs["jobTemplate"]["spec"]["activeDeadlineSeconds"] <= lease_s
    assert jobs["concurrencyPolicy"] == "Forbid"


def test_the_probes_ask_for_what_they_mean(manifests):
    [container] = pod_templates(manifests)["undertone-serving"]["spec"]["containers"]
    asked = {probe: container[f"{probe}Probe"]["httpGet"]["path"] for probe in PROBES}
    assert asked == PROBES


PROBES = {"startup": "/livez", "liveness": "/livez", "readiness": "/readyz"}


def settings_of(manifests):
    [settings] = [
        one["data"]
        for name, one in of_kind(manifests, "ConfigMap").items()
        if name.startswith("undertone-settings")
    ]
    return settings


def test_several_replicas_share_a_store_and_a_home():
    production = overlay("production")
    [scaler] = of_kind(production, "HorizontalPodAutoscaler").values()
    assert scaler["spec"]["minReplicas"] > 1
    assert scaler["spec"]["scaleTargetRef"]["name"] in of_kind(production, "Deployment")
    serving = of_kind(production, "Deployment")["undertone-serving"]
    assert "replicas" not in serving["spec"], "it would undo the autoscaler at each apply"
    for claim in of_kind(production, "PersistentVolumeClaim").values():
        assert claim["spec"]["accessModes"] == ["ReadWriteMany"]
    assert settings_of(production)["UNDERTONE_STORE"].startswith("postgresql+psycopg://")


def test_what_operators_alone_may_see_is_not_let_out():
    [ingress] = of_kind(overlay("production"), "Ingress").values()
    [rule] = ingress["spec"]["rules"]
    paths = [path["path"] for path in rule["http"]["paths"]]
    assert "/predict" in paths
    assert not {needed(path) for path in paths} & {needed("/operations")}
    assert "/metrics" not in paths
    assert all(path["pathType"] == "Exact" for path in rule["http"]["paths"] if path["path"] == "/")


def test_runs_on_kubeflow_find_what_the_service_works_with():
    cluster = load_params(DEPLOY / "kubernetes/pipelines/params.yaml").cluster
    assert check_for_cluster(Params(cluster=cluster)) == []
    assert cluster.environment == settings_of(overlay("production"))
    manifests = rendered("kubernetes/pipelines")
    assert {one["kind"] for one in manifests} == {
        "ServiceAccount",
        "ConfigMap",
        "PersistentVolumeClaim",
        "Deployment",
    }
    assert {one["metadata"]["namespace"] for one in manifests} == {"kubeflow"}
    [(_, shell)] = containers(manifests)
    assert shell["image"] == cluster.image
    volumes = pod_templates(manifests)["undertone-shell"]["spec"]["volumes"]
    claims = {
        each["name"]: each["persistentVolumeClaim"]["claimName"]
        for each in volumes
        if "persistentVolumeClaim" in each
    }
    mounted = {each["mountPath"]: claims.get(each["name"]) for each in shell["volumeMounts"]}
    assert cluster.volumes.items() <= mounted.items()
