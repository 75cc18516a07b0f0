"""Build the images of the roles, print their sizes and write what they are made of.

`python deploy/images.py [ROLE …]`, all roles of a CPU without a name. From the environment:
`REGISTRY` (default `localhost`), `BASE_IMAGE`, `PIP_INDEX_URL` and `PIP_EXTRA_INDEX_URL`.
"""

import os
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
SBOM = "/opt/undertone/sbom.cdx.json"
FROM_OUTSIDE = ("BASE_IMAGE", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL")


@dataclass(frozen=True)
class Role:
    """What an image is for.

    Attributes:
        extras: of pyproject.toml, beside those that it shares.
        shared: extras in the layer that roles share; none for a role without the model.
        budget: megabytes that the image may take, its base among them.
        wheels: folder of wheels that the index does not have, in `deploy/wheels`.
    """

    extras: str
    budget: int
    shared: str = "model registry"
    wheels: str = "cpu"


STORES = "postgres s3"
PIPELINE = f"train monitor pipelines data {STORES}"
ROLES = {
    "serving": Role(f"serve trace {STORES}", 2300),
    "pipeline-cpu": Role(PIPELINE, 3200),
    "monitoring": Role(f"monitor {STORES}", 1500, shared=""),
    "pipeline-gpu": Role(PIPELINE, 9000, wheels="gpu"),
}


def tag_of(role: str) -> str:
    """The name that the image of a role gets."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    registry = os.environ.get("REGISTRY", "localhost")
    return f"{registry}/undertone-python:{project['version']}-{role}"


def build(name: str) -> bool:
    """Build one image and write its bill of materials.

    Returns:
        Whether it keeps its budget.
    """
    role, tag = ROLES[name], tag_of(name)
    arguments = {
        "SHARED": role.shared,
        "EXTRAS": role.extras,
        "WHEELS": f"deploy/wheels/{role.wheels}",
        "VERSION": tag.rpartition(":")[2].removesuffix(f"-{name}"),
        "REVISION": _revision(),
    } | {key: os.environ[key] for key in FROM_OUTSIDE if key in os.environ}
    options = [f"--build-arg={key}={value}" for key, value in arguments.items()]
    _run("docker", "build", "-f", "deploy/Dockerfile", "--target", name, "-t", tag, *options, ".")
    bill = ROOT / "build" / "sbom" / f"{name}.cdx.json"
    bill.parent.mkdir(parents=True, exist_ok=True)
    bill.write_text(_output("docker", "run", "--rm", "--network=none", tag, "cat", SBOM), "utf-8")
    size = int(_output("docker", "image", "inspect", "--format", "{{.Size}}", tag)) / 1e6
    kept = size <= role.budget
    print(f"{tag}: {size:.0f} MB of {role.budget}{'' if kept else ': OVER BUDGET'}")
    return kept


def _revision() -> str:
    """The commit that is built, where this is a clone."""
    asked = subprocess.run(("git", "rev-parse", "HEAD"), cwd=ROOT, capture_output=True, text=True)
    return asked.stdout.strip()


def _run(*command: str) -> None:
    subprocess.run(command, cwd=ROOT, check=True)


def _output(*command: str) -> str:
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def main() -> None:
    """Build the images that are named."""
    names = sys.argv[1:] or [name for name in ROLES if name != "pipeline-gpu"]
    if unknown := set(names) - set(ROLES):
        sys.exit(f"There is no role {', '.join(sorted(unknown))}. Known: {', '.join(ROLES)}.")
    if shutil.which("docker") is None:
        sys.exit("Images are built by Docker, which is not here: install a Docker Engine first.")
    try:
        kept = [build(name) for name in names]
    except subprocess.CalledProcessError as error:
        sys.exit(f"{' '.join(error.cmd[:2])} failed. {error.stderr or ''}")
    sys.exit(0 if all(kept) else 1)


if __name__ == "__main__":
    main()
