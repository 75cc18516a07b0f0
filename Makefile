# Two commands do everything on a fresh machine with Python 3.11 or 3.12: `make demo` and `make test`.
PYTHON ?= $(or $(shell command -v python3.11),$(shell command -v python3.12),python3)
VENV := .venv
BIN := $(VENV)/bin
# uv does not read pip's own settings: hand it the folders of wheels that pip was told to look in.
export UV_FIND_LINKS ?= $(or $(PIP_FIND_LINKS),$(shell $(PYTHON) -m pip config get global.find-links 2>/dev/null))

.PHONY: install browser node postgres promtool demo serve monitor-ui test lint types imports check clean

install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip install --python $(BIN)/python --quiet --compile-bytecode --constraints constraints.txt --editable '.[dev]'
	touch $@

# The page is tested in the system's Chromium: found, or installed where that is allowed.
FIND_BROWSER := command -v chromium || command -v chromium-browser || command -v google-chrome
GET_BROWSER := apt-get update && apt-get install --yes --no-install-recommends chromium
browser:
	@{ $(FIND_BROWSER); } >/dev/null || { [ "$$(id -u)" = 0 ] && $(GET_BROWSER); } || \
	  { echo "The tests of the page need Chromium. On Debian: $(GET_BROWSER)" >&2; exit 1; }

# The JavaScript examples are run by node.
GET_NODE := apt-get update && apt-get install --yes --no-install-recommends nodejs
node:
	@{ command -v node; } >/dev/null || { [ "$$(id -u)" = 0 ] && $(GET_NODE); } || \
	  { echo "The tests of the examples need node. On Debian: $(GET_NODE)" >&2; exit 1; }

# Of the store's two databases, SQLite comes with Python and PostgreSQL with the system.
FIND_POSTGRES := command -v initdb || ls /usr/lib/postgresql/*/bin/initdb
GET_POSTGRES := apt-get update && apt-get install --yes --no-install-recommends postgresql
postgres:
	@{ $(FIND_POSTGRES); } >/dev/null 2>&1 || { [ "$$(id -u)" = 0 ] && $(GET_POSTGRES); } || \
	  { echo "The tests of the store need PostgreSQL. On Debian: $(GET_POSTGRES)" >&2; exit 1; }

# The rules of Prometheus are checked by its own tool.
GET_PROMTOOL := apt-get update && apt-get install --yes --no-install-recommends prometheus
promtool:
	@{ command -v promtool; } >/dev/null || { [ "$$(id -u)" = 0 ] && $(GET_PROMTOOL); } || \
	  { echo "The tests of the rules need promtool. On Debian: $(GET_PROMTOOL)" >&2; exit 1; }

demo: install
	$(BIN)/undertone demo

# The champion that the demo left behind, until Ctrl-C.
serve: install
	UNDERTONE_HOME=.undertone/demo $(BIN)/undertone serve --profile demo

# What the demo's monitoring found over time, until Ctrl-C.
monitor-ui: install
	UNDERTONE_HOME=.undertone/demo $(BIN)/undertone monitor ui

# A process a core, up to four, and one thread a process: small models gain nothing by more.
test: check browser node postgres promtool
	OMP_NUM_THREADS=1 $(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist loadfile

check: lint types imports

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install
	$(BIN)/mypy

imports: install
	$(BIN)/lint-imports

clean:
	rm -rf $(VENV) .undertone
