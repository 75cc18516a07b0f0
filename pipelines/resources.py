"""What a step asks of the cluster. A local run ignores it."""

from kfp import dsl

GPU = "nvidia.com/gpu"


def on_gpu(task: dsl.PipelineTask, count: int = 1) -> dsl.PipelineTask:
    """Ask for GPUs, and for the memory and cores that feed them."""
    task.set_accelerator_type(GPU).set_accelerator_limit(count)
    return task.set_cpu_request("4").set_memory_request("16Gi")
