"""Build a Bento of the champion, and an image of it on the serving image.

`python deploy/bento/build.py`: the champion of `UNDERTONE_HOME`, on the image that `make images`
made. The image of the Bento is `REGISTRY/undertone-python:VERSION-TAG`, TAG the model's.
"""

import os
import sys
import tempfile
from pathlib import Path

from monitoring.store import Store
from serving.registry import Registry, bentoml_home
from serving.run import SERVICE
from undertone import __version__, telemetry
from undertone.errors import UndertoneError

HERE = Path(__file__).parent.resolve()


def build() -> str:
    """Build the Bento and its image.

    Returns:
        The name of the image.
    """
    registry = Registry(Store())
    tag = registry.champion()
    if tag is None:
        sys.exit("There is no champion to pack. Run the training pipeline first.")
    images = f"{os.environ.get('REGISTRY', 'localhost')}/undertone-python:{__version__}"
    name = f"{images}-{tag.partition(':')[2]}"
    bentoml_home()
    telemetry.switch_off()
    import bentoml

    os.chdir(HERE)
    bento = bentoml.bentos.build(
        SERVICE,
        models=[tag],
        build_ctx=str(HERE),
        include=["Dockerfile.template"],
        python={"lock_packages": False},
        docker={
            "base_image": f"{images}-serving",
            "dockerfile_template": "Dockerfile.template",
            "env": {"UNDERTONE_CHAMPION": tag},
        },
    )
    # BentoML copies the template to a temporary folder, and takes none from outside of this one.
    os.chdir(tempfile.gettempdir())
    bentoml.container.build(bento.tag, backend="docker", image_tag=(name,))
    return name


if __name__ == "__main__":
    try:
        print(build())
    except UndertoneError as error:
        sys.exit(str(error))
