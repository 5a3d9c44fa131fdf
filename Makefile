# Two commands do everything: `make demo` and `make test`.  Each sets up what it needs, in a folder of its own.
# PY=3.12 takes another Python, if this machine has it.

PY ?=
PYTHON := $(or $(shell tools/find-python $(PY)),$(error no Python 3.11 or newer found$(if $(PY), for PY=$(PY))))
VENV := .venv$(if $(PY),-$(PY))
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest
READY := $(VENV)/.ready
BENCH := $(VENV)/.bench
ENGINES := $(VENV)/.engines
WEB := $(VENV)/.browser

.PHONY: demo test test-all heavy browser check docs bench schema clean

demo: $(READY)
	$(BIN)/python examples/incident_log/demo.py

test: $(READY)
	$(PYTEST) -n 2 --dist worksteal -q -m "not engine and not slow and not browser" --cov --cov-report=term-missing:skip-covered --cov-fail-under=95
	$(BIN)/python tools/kernel_coverage.py

test-all: test heavy browser docs

heavy: $(ENGINES)
	$(PYTEST) -q -m "engine or slow"

browser: $(WEB)
	$(PYTEST) -q -m browser -rs tests/browser

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pyright
	$(BIN)/lint-imports

docs: $(READY)
	$(BIN)/sphinx-build -W -q -b html docs docs/_build/html

bench: $(BENCH)
	$(BIN)/python benchmarks/bench_scalar.py
	$(BIN)/python benchmarks/bench_why.py
	$(BIN)/python benchmarks/bench_columns.py
	$(BIN)/python benchmarks/bench_availability.py
	$(BIN)/python benchmarks/bench_spark.py

schema: $(READY)
	$(BIN)/python tools/write_schema.py

clean:
	rm -rf .venv* docs/_build .coverage* .hypothesis

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	touch $@

$(ENGINES): $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[spark]"
	touch $@

$(WEB): $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[browser]"
	touch $@

$(BENCH): $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[bench]"
	touch $@
