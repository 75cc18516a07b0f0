"""Compile a pipeline to KFP's IR YAML."""

from pathlib import Path

from kfp import compiler

from pipelines import load
from pipelines.ir import check_ir
from undertone.config import Params
from undertone.errors import ConfigError
from undertone.files import replacing


def compile_pipeline(name: str, params: Params, to: Path) -> None:
    """Write the checked IR of a pipeline, with `params` as the default of its parameter.

    Args:
        name: `training`, `continual` or `monitoring`.
        params: the run's settings.
        to: the YAML file to write.

    Raises:
        ConfigError: `to` does not end in .yaml, or the IR could not run.
    """
    if to.suffix != ".yaml":
        raise ConfigError(f"{to}: a compiled pipeline ends in .yaml.")
    with replacing(to) as aside:
        compiler.Compiler().compile(
            load(name), str(aside), pipeline_parameters={"params": params.model_dump_json()}
        )
        check_ir(aside)
