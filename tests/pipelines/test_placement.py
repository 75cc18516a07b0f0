from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.compile import compile_pipeline, parameter
from pipelines.ir import check_ir
from undertone.config import ClusterParams, Params, params_from_json
from undertone.errors import ConfigError

Spec = dict[str, Any]
CLUSTER = ClusterParams(
    image="registry.example/undertone-python:1-pipeline-cpu",
    gpu_image="registry.example/undertone-python:1-pipeline-gpu",
    gpus=2,
    tolerations=("nvidia.com/gpu", "team"),
    node_labels={"gpu": "a100"},
    shared_memory="16Gi",
    environment={"AWS_ENDPOINT_URL": "https://objects.example"},
    secrets={"undertone-store": {"url": "UNDERTONE_STORE"}},
    optional_secrets={"undertone-keys": {"signing": "UNDERTONE_KEY"}},
    volumes={"/models": "models", "/var/lib/undertone": "state"},
    pull_secrets=("registry",),
)


@pytest.fixture(scope="module")
def monitoring(tmp_path_factory: pytest.TempPathFactory) -> tuple[Spec, Spec]:
    file = tmp_path_factory.mktemp("ir") / "monitoring.yaml"
    compile_pipeline("monitoring", Params(cluster=CLUSTER), file)
    spec, platform = yaml.safe_load_all(file.read_text())
    return spec, platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]


def test_every_step_of_every_depth_is_configured(monitoring: tuple[Spec, Spec]) -> None:
    spec, configured = monitoring
    assert {"exec-detect-drift", "exec-retrain", "exec-conclude"} < set(configured)
    assert set(configured) == set(spec["deploymentSpec"]["executors"])
    for each in configured.values():
        assert {mount["mountPath"]: mount["constant"] for mount in each["pvcMount"]} == {
            "/models": "models",
            "/var/lib/undertone": "state",
        }
        assert [(one["secretName"], one["optional"]) for one in each["secretAsEnv"]] == [
            ("undertone-store", False),
            ("undertone-keys", True),
        ]
        assert each["secretAsEnv"][0]["keyToEnv"] == [
            {"secretKey": "url", "envVar": "UNDERTONE_STORE"}
        ]
        assert [one["secretName"] for one in each["imagePullSecret"]] == ["registry"]


def test_gpu_steps_alone_get_what_a_gpu_takes(monitoring: tuple[Spec, Spec]) -> None:
    spec, configured = monitoring
    executors = spec["deploymentSpec"]["executors"]
    with_gpu = {
        name
        for name, each in executors.items()
        if each["container"]["image"].endswith("pipeline-gpu")
    }
    assert with_gpu == {"exec-retrain"}
    assert executors["exec-judge"]["container"]["image"].endswith("pipeline-cpu")
    accelerator = executors["exec-retrain"]["container"]["resources"]["accelerator"]
    assert (accelerator["count"], accelerator["resourceCount"]) == ("2", "2")
    retrain = configured["exec-retrain"]
    assert [(each["key"], each["operator"]) for each in retrain["tolerations"]] == [
        ("nvidia.com/gpu", "Exists"),
        ("team", "Exists"),
    ]
    assert retrain["nodeSelector"] == {"labels": {"gpu": "a100"}}
    (memory,) = retrain["emptyDirMounts"]
    assert (memory["mountPath"], memory["medium"], memory["sizeLimit"]) == (
        "/dev/shm",
        "Memory",
        "16Gi",
    )
    for name in set(configured) - with_gpu:
        assert not {"tolerations", "nodeSelector", "emptyDirMounts"} & set(configured[name]), name


def test_variables_are_given_to_every_step(monitoring: tuple[Spec, Spec]) -> None:
    for executor in monitoring[0]["deploymentSpec"]["executors"].values():
        assert executor["container"]["env"] == [
            {"name": "AWS_ENDPOINT_URL", "value": "https://objects.example"}
        ]


def test_without_gpus_no_step_asks_for_one(tmp_path: Path) -> None:
    file = tmp_path / "training.yaml"
    compile_pipeline("training", Params(cluster=ClusterParams(gpus=0)), file)
    spec, platform = yaml.safe_load_all(file.read_text())
    resources = spec["deploymentSpec"]["executors"]["exec-finetune"]["container"]["resources"]
    assert resources["resourceMemoryRequest"] == "16Gi"
    assert "accelerator" not in resources
    assert platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"] == {}


def test_the_steps_own_settings_do_not_change_with_the_cluster() -> None:
    assert parameter(Params(cluster=CLUSTER)) == parameter(Params())
    assert params_from_json(parameter(Params(cluster=CLUSTER))) == Params()


def _unknown_executor(executors: Spec) -> None:
    executors["exec-nobody"] = {}


def _twice(executors: Spec) -> None:
    executors["exec-hear"]["pvcMount"].append({"constant": "other", "mountPath": "/models"})


def _misspelt(executors: Spec) -> None:
    executors["exec-hear"]["pvcMounts"] = []


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        (_unknown_executor, "executor 'exec-nobody' does not exist"),
        (_twice, "'exec-hear' mounts /models more than once"),
        (_misspelt, "is not KFP IR"),
    ],
)
def test_a_damaged_platform_is_refused(
    monitoring: tuple[Spec, Spec], tmp_path: Path, damage: Any, fault: str
) -> None:
    executors = yaml.safe_load(yaml.safe_dump(monitoring[1]))
    damage(executors)
    platform = {"platforms": {"kubernetes": {"deploymentSpec": {"executors": executors}}}}
    file = tmp_path / "damaged.yaml"
    file.write_text(yaml.safe_dump_all([monitoring[0], platform]))
    with pytest.raises(ConfigError, match=fault):
        check_ir(file)
