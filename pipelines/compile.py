"""Compile a pipeline to KFP's IR YAML."""

from pathlib import Path

from kfp import compiler

from pipelines import load
from undertone.config import Params
from undertone.files import replacing


def compile_pipeline(name: str, params: Params, to: Path) -> None:
    """Write the IR of a pipeline, with `params` as the default of its parameter.

    Args:
        name: `training`, `continual` or `monitoring`.
        params: the run's settings.
        to: the YAML file to write.
    """
    with replacing(to.with_suffix(".yaml")) as aside:
        compiler.Compiler().compile(
            load(name), str(aside), pipeline_parameters={"params": params.model_dump_json()}
        )
