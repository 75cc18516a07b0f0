"""What all components share: their image, and that nothing is installed when they start."""

import os
from functools import partial

from kfp import dsl

IMAGE = os.environ.get("UNDERTONE_IMAGE", "localhost/undertone-python:latest")

component = partial(dsl.component, base_image=IMAGE, install_kfp_package=False)
