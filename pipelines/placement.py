"""Lay what a cluster needs over compiled IR: images, GPUs, volumes, secrets.

A pipeline's function is traced once, when it is imported, and knows no settings. So they are laid
over what it compiled to, step by step; a nested pipeline's steps lie there beside the others.
"""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from kfp import kubernetes

from pipelines.resources import GPU
from undertone.config import ClusterParams

Spec = dict[str, Any]


def place(spec: Spec, cluster: ClusterParams) -> Spec:
    """Apply a cluster's settings to a pipeline.

    Args:
        spec: the pipeline's IR, changed in place.
        cluster: the settings.

    Returns:
        The platform document that belongs to it: a Kubernetes configuration for each executor.
    """
    if not cluster.cache:
        for task in _tasks(spec):
            task["cachingOptions"] = {}
    executors = spec["deploymentSpec"]["executors"]
    configured = {
        name: _configure(executor["container"], cluster) for name, executor in executors.items()
    }
    deployment = {"executors": {name: each for name, each in configured.items() if each}}
    return {"platforms": {"kubernetes": {"deploymentSpec": deployment}}}


def _tasks(spec: Spec) -> Iterator[Spec]:
    for component in (spec["root"], *spec["components"].values()):
        yield from component.get("dag", {}).get("tasks", {}).values()


def _configure(container: Spec, cluster: ClusterParams) -> Spec:
    # All that kfp's settings touch of a task is its `platform_config`.
    task = SimpleNamespace(platform_config={})
    accelerator = container.get("resources", {}).get("accelerator", {})
    on_gpu = accelerator.get("resourceType") == GPU
    image = cluster.gpu_image if on_gpu and cluster.gpu_image else cluster.image
    container["image"] = image or container["image"]
    if on_gpu and cluster.gpus:
        accelerator.update(count=str(cluster.gpus), resourceCount=str(cluster.gpus))
        _prepare_for_gpu(task, cluster)
    elif on_gpu:
        del container["resources"]["accelerator"]
    if cluster.environment:
        container["env"] = [{"name": k, "value": v} for k, v in cluster.environment.items()]
    _share(task, cluster)
    return dict(task.platform_config.get("kubernetes", {}))


def _prepare_for_gpu(task: SimpleNamespace, cluster: ClusterParams) -> None:
    for key in cluster.tolerations:
        kubernetes.add_toleration(task, key=key, operator="Exists", effect="NoSchedule")
    for key, value in cluster.node_labels.items():
        kubernetes.add_node_selector(task, label_key=key, label_value=value)
    kubernetes.empty_dir_mount(
        task,
        volume_name="shared-memory",
        mount_path="/dev/shm",  # noqa: S108  (the kernel's own place)
        medium="Memory",
        size_limit=cluster.shared_memory,
    )


def _share(task: SimpleNamespace, cluster: ClusterParams) -> None:
    for optional, secrets in ((False, cluster.secrets), (True, cluster.optional_secrets)):
        for name, variables in secrets.items():
            kubernetes.use_secret_as_env(
                task, secret_name=name, secret_key_to_env=variables, optional=optional
            )
    for path, claim in cluster.volumes.items():
        kubernetes.mount_pvc(task, pvc_name=claim, mount_path=path)
    if cluster.pull_secrets:
        kubernetes.set_image_pull_secrets(task, list(cluster.pull_secrets))
