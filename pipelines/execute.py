"""`python -m pipelines.execute NAME ROOT RUNNER`: run a pipeline, its settings as JSON on stdin."""

import sys
from typing import Any

from kfp import local

from pipelines import PIPELINES, load
from undertone.config import params_from_json


def main() -> None:
    """Run the named pipeline, each task in a process or a container; a failed one raises."""
    name, root, runner = sys.argv[1:]
    if name not in PIPELINES:
        sys.exit(f"There is no pipeline '{name}'. Known: {', '.join(PIPELINES)}.")
    params = sys.stdin.read()
    # KFP's local cache does not look into files: a changed input would give a stale output.
    local.init(runner=_runner(runner, params), pipeline_root=root, enable_caching=False)
    load(name)(params=params)


def _runner(name: str, params: str) -> Any:
    if name == "process":
        return local.SubprocessRunner(use_venv=False)
    from pipelines.containers import docker_runner

    return docker_runner(params_from_json(params))


if __name__ == "__main__":
    main()
