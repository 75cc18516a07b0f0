"""`python -m pipelines.execute NAME ROOT`: run a pipeline here, its settings as JSON on stdin."""

import sys

from kfp import local

from pipelines import PIPELINES, load


def main() -> None:
    """Run the named pipeline under KFP's SubprocessRunner; a failed task raises."""
    name, root = sys.argv[1:]
    if name not in PIPELINES:
        sys.exit(f"There is no pipeline '{name}'. Known: {', '.join(PIPELINES)}.")
    # KFP's local cache does not look into files: a changed input would give a stale output.
    local.init(
        runner=local.SubprocessRunner(use_venv=False), pipeline_root=root, enable_caching=False
    )
    load(name)(params=sys.stdin.read())


if __name__ == "__main__":
    main()
