"""Check compiled IR beyond its schema: every reference in it must lead somewhere."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from google.protobuf import json_format
from kfp.kubernetes import kubernetes_executor_config_pb2 as kubernetes_pb2
from kfp.pipeline_spec import pipeline_spec_pb2 as spec_pb2

from undertone.errors import ConfigError

Spec = Mapping[str, Any]


def check_ir(path: Path) -> None:
    """Check that a compiled pipeline could run.

    The document must parse as KFP's PipelineSpec, and then: every task's component exists, every
    component's executor exists, has an image and a command, every required input of a task is
    given, and what a task consumes is produced by a task beside it or declared by its parent. What
    a platform document configures must be an executor of the pipeline, and mount each path once.

    Args:
        path: IR YAML as `undertone run NAME --compile FILE` writes it.

    Raises:
        ConfigError: it could not run; the message lists every fault.
    """
    documents = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
    try:
        _parse(documents)
    except json_format.ParseError as error:
        raise ConfigError(f"{path} is not KFP IR: {error}") from error
    faults = [*_faults(documents[0]), *_platform_faults(*documents)]
    if faults:
        raise ConfigError(f"{path} could not run:\n  " + "\n  ".join(faults))


def _parse(documents: list[dict[str, Any]]) -> None:
    json_format.ParseDict(documents[0], spec_pb2.PipelineSpec())
    deployment = documents[0].get("deploymentSpec", {})
    json_format.ParseDict(deployment, spec_pb2.PipelineDeploymentConfig())
    for platform in documents[1:]:
        json_format.ParseDict(platform, spec_pb2.PlatformSpec())
        for configured in _configured(platform).values():
            json_format.ParseDict(configured, kubernetes_pb2.KubernetesExecutorConfig())


def _configured(platform: Spec) -> Spec:
    kubernetes = platform.get("platforms", {}).get("kubernetes", {})
    return dict(kubernetes.get("deploymentSpec", {}).get("executors", {}))


def _faults(spec: Spec) -> Iterator[str]:
    executors = spec.get("deploymentSpec", {}).get("executors", {})
    components = spec.get("components", {})
    for name, component in components.items():
        if label := component.get("executorLabel"):
            yield from _executor_faults(name, label, executors)
    for name, component in [("root", spec["root"]), *components.items()]:
        for task_name, task in component.get("dag", {}).get("tasks", {}).items():
            where = f"{name}/{task_name}"
            reference = task.get("componentRef", {}).get("name")
            if reference not in components:
                yield f"{where}: component '{reference}' does not exist"
            else:
                yield from _input_faults(where, task, components[reference])
            yield from _source_faults(where, task, component, components)


def _platform_faults(spec: Spec, *platforms: Spec) -> Iterator[str]:
    executors = spec.get("deploymentSpec", {}).get("executors", {})
    for platform in platforms:
        for label, configured in _configured(platform).items():
            if label not in executors:
                yield f"platform: executor '{label}' does not exist"
            mounts = configured.get("pvcMount", []) + configured.get("emptyDirMounts", [])
            paths = [mount["mountPath"] for mount in mounts]
            for path in sorted({path for path in paths if paths.count(path) > 1}):
                yield f"platform: executor '{label}' mounts {path} more than once"


def _executor_faults(name: str, label: str, executors: Spec) -> Iterator[str]:
    if label not in executors:
        yield f"{name}: executor '{label}' does not exist"
        return
    container = executors[label].get("container", {})
    yield from (
        f"{name}: executor '{label}' has no {part}"
        for part in ("image", "command")
        if not container.get(part)
    )


def _input_faults(where: str, task: Spec, component: Spec) -> Iterator[str]:
    given, declared = task.get("inputs", {}), component.get("inputDefinitions", {})
    for kind in ("parameters", "artifacts"):
        for name, definition in declared.get(kind, {}).items():
            if name not in given.get(kind, {}) and not definition.get("isOptional"):
                yield f"{where}: required input '{name}' is not given"
        for name in given.get(kind, {}):
            if name not in declared.get(kind, {}):
                yield f"{where}: input '{name}' is not declared"


def _source_faults(where: str, task: Spec, parent: Spec, components: Spec) -> Iterator[str]:
    beside = parent["dag"]["tasks"]
    for needed in task.get("dependentTasks", []):
        if needed not in beside:
            yield f"{where}: waits for '{needed}', which does not exist"
    for name, source in _sources(task):
        producer = source.get("producerTask")
        outer = source.get("componentInputParameter") or source.get("componentInputArtifact")
        if producer is not None and not _produces(beside.get(producer), source, components):
            yield f"{where}: input '{name}' comes from '{producer}', which does not make it"
        if outer is not None and outer not in _declared(parent):
            yield f"{where}: input '{name}' comes from '{outer}', which its parent has not"


def _sources(task: Spec) -> Iterator[tuple[str, Spec]]:
    for kind in ("parameters", "artifacts"):
        for name, value in task.get("inputs", {}).get(kind, {}).items():
            nested = value.get("taskOutputParameter") or value.get("taskOutputArtifact")
            yield name, nested or value


def _produces(task: Spec | None, source: Spec, components: Spec) -> bool:
    if task is None:
        return False
    made = components.get(task["componentRef"]["name"], {}).get("outputDefinitions", {})
    key = source.get("outputParameterKey") or source.get("outputArtifactKey")
    return key in made.get("parameters", {}) or key in made.get("artifacts", {})


def _declared(component: Spec) -> set[str]:
    inputs = component.get("inputDefinitions", {})
    return {*inputs.get("parameters", {}), *inputs.get("artifacts", {})}
