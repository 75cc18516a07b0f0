#!/bin/sh
# Install what some extras of Undertone need into /opt/venv, compiled, and without what never runs.
set -eu
extras=
for extra in "$@"; do extras="$extras --extra $extra"; done
uv pip install --quiet --python /opt/venv --requirements pyproject.toml $extras
uv pip check --quiet --python /opt/venv
rm -rf "$UV_CACHE_DIR"
cd /opt/venv/lib/python3*/site-packages
rm -rf torch/test torch/bin/test* torch/include pyarrow/include \
  numpy/*/tests pandas/tests pyarrow/tests scipy/*/tests sklearn/*/tests statsmodels/*/tests sympy/*/tests
# Packages may hold files for other versions of Python, which do not compile.
/opt/venv/bin/python -m compileall -q -j 0 . >/dev/null || true
