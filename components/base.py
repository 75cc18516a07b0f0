"""What all components share: their image, and that nothing is installed when they start."""

import os
from functools import partial

from kfp import dsl

from undertone import __version__

IMAGE = os.environ.get("UNDERTONE_IMAGE", f"localhost/undertone-python:{__version__}-pipeline-cpu")

component = partial(dsl.component, base_image=IMAGE, install_kfp_package=False)
