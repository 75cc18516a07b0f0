"""Compile a pipeline to KFP's IR YAML."""

from pathlib import Path

import yaml
from kfp import compiler

from pipelines import load
from pipelines.ir import check_ir
from pipelines.placement import place
from undertone.config import ClusterParams, Params
from undertone.errors import ConfigError
from undertone.files import replacing


def compile_pipeline(name: str, params: Params, to: Path) -> None:
    """Write the checked IR of a pipeline, with `params` as the default of its parameter.

    Args:
        name: `training`, `continual` or `monitoring`.
        params: the run's settings. Those of `cluster` become part of the IR, not of the parameter,
            so that moving a run elsewhere leaves its cached steps valid.
        to: the YAML file to write.

    Raises:
        ConfigError: `to` does not end in .yaml, or the IR could not run.
    """
    if to.suffix != ".yaml":
        raise ConfigError(f"{to}: a compiled pipeline ends in .yaml.")
    with replacing(to) as aside:
        compiler.Compiler().compile(
            load(name), str(aside), pipeline_parameters={"params": parameter(params)}
        )
        text = aside.read_text(encoding="utf-8")
        heading = "".join(line for line in text.splitlines(keepends=True) if line[0] == "#")
        spec = yaml.safe_load(text)
        platform = place(spec, params.cluster)
        aside.write_text(heading + yaml.safe_dump_all([spec, platform]), encoding="utf-8")
        check_ir(aside)


def parameter(params: Params) -> str:
    """A pipeline's `params`: the settings that its steps read, as JSON."""
    return params.model_copy(update={"cluster": ClusterParams()}).model_dump_json()
