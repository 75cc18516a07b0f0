import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines import PIPELINES
from pipelines.compile import compile_pipeline
from pipelines.ir import check_ir
from undertone.config import Params, params_from_json
from undertone.errors import ConfigError

Spec = dict[str, Any]


def _documents(path: Path) -> list[Spec]:
    return list(yaml.safe_load_all(path.read_text()))


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("ir")
    paths = {name: folder / f"{name}.yaml" for name in PIPELINES}
    for name, path in paths.items():
        compile_pipeline(name, Params(), path)
    return paths


@pytest.mark.parametrize("name", PIPELINES)
def test_each_pipeline_compiles_to_ir_that_could_run(compiled: dict[str, Path], name: str) -> None:
    check_ir(compiled[name])
    spec = _documents(compiled[name])[0]
    default = spec["root"]["inputDefinitions"]["parameters"]["params"]["defaultValue"]
    assert params_from_json(default) == Params()


@pytest.mark.parametrize(("name", "task"), [("training", "finetune"), ("continual", "retrain")])
def test_gpu_steps_ask_for_a_gpu(compiled: dict[str, Path], name: str, task: str) -> None:
    spec = _documents(compiled[name])[0]
    container = spec["deploymentSpec"]["executors"][f"exec-{task}"]["container"]
    accelerator = container["resources"]["accelerator"]
    assert accelerator["resourceType"] == "nvidia.com/gpu"
    assert accelerator["resourceCount"] == "1"


def test_steps_that_read_the_store_are_never_cached(compiled: dict[str, Path]) -> None:
    spec = _documents(compiled["continual"])[0]
    tasks = spec["root"]["dag"]["tasks"]
    for name in ("champion", "collect-feedback", "register", "conclude"):
        assert not tasks[name].get("cachingOptions", {}).get("enableCache"), name


def test_conditions_read_a_return_value_since_local_runs_resolve_nothing_else(
    compiled: dict[str, Path],
) -> None:
    conditions = re.findall(r"parameter_values\['([^']+)'\]", compiled["monitoring"].read_text())
    assert conditions == ["pipelinechannel--claim-retrain-Output"]


def test_no_component_installs_anything(compiled: dict[str, Path]) -> None:
    for path in compiled.values():
        assert "pip install" not in path.read_text()


def _drop_component(spec: Spec) -> None:
    del spec["components"]["comp-hear"]


def _drop_executor(spec: Spec) -> None:
    del spec["deploymentSpec"]["executors"]["exec-hear"]


def _drop_command(spec: Spec) -> None:
    del spec["deploymentSpec"]["executors"]["exec-hear"]["container"]["command"]


def _drop_input(spec: Spec) -> None:
    del spec["root"]["dag"]["tasks"]["hear"]["inputs"]["artifacts"]["corpus"]


def _rename_producer(spec: Spec) -> None:
    source = spec["root"]["dag"]["tasks"]["hear"]["inputs"]["artifacts"]["corpus"]
    source["taskOutputArtifact"]["producerTask"] = "nobody"


def _rename_output(spec: Spec) -> None:
    source = spec["root"]["dag"]["tasks"]["hear"]["inputs"]["artifacts"]["corpus"]
    source["taskOutputArtifact"]["outputArtifactKey"] = "nothing"


def _rename_parameter(spec: Spec) -> None:
    value = spec["root"]["dag"]["tasks"]["hear"]["inputs"]["parameters"]["params"]
    value["componentInputParameter"] = "nothing"


def _wait_for_nobody(spec: Spec) -> None:
    spec["root"]["dag"]["tasks"]["hear"]["dependentTasks"] = ["nobody"]


def _misspell(spec: Spec) -> None:
    spec["rooot"] = spec["root"]


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        (_drop_component, "component 'comp-hear' does not exist"),
        (_drop_executor, "executor 'exec-hear' does not exist"),
        (_drop_command, "has no command"),
        (_drop_input, "required input 'corpus' is not given"),
        (_rename_producer, "comes from 'nobody'"),
        (_rename_output, "which does not make it"),
        (_rename_parameter, "which its parent has not"),
        (_wait_for_nobody, "waits for 'nobody'"),
        (_misspell, "is not KFP IR"),
    ],
)
def test_damaged_ir_is_refused(
    compiled: dict[str, Path], tmp_path: Path, damage: Callable[[Spec], None], fault: str
) -> None:
    spec = _documents(compiled["training"])[0]
    damage(spec)
    damaged = tmp_path / "damaged.yaml"
    damaged.write_text(yaml.safe_dump(spec))
    with pytest.raises(ConfigError, match=fault):
        check_ir(damaged)


def test_a_compiled_pipeline_is_yaml_by_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"ends in \.yaml"):
        compile_pipeline("training", Params(), tmp_path / "training.json")
