# The two commands of the README, `make demo` and `make test`, set everything up on a fresh machine.
PYTHON ?= python3
VENV ?= .venv
SOURCE ?= synthetic
DATA ?= small
# A shop a source: one lake and one graph hold one shop.
export SHELFGRAPH_HOME ?= $(if $(filter synthetic,$(SOURCE)),.shelfgraph,.shelfgraph/$(SOURCE))
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Two workers for two cores, so one thread each. A file's tests share what they set up and stay together; in order,
# for the quickest come last.
TESTS := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder
# Imports are compiled once, not at every start, whatever the caller's habit is.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo test check fuzz bench bench-api clients lint types clean

help:  ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 11

setup: $(READY)  ## an environment with everything, pinned by hashes

$(READY): locks/uv.lock locks/all.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Shelfgraph needs Python 3.11 or newer: set PYTHON=path/to/python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Setting up: 213 packages, 5.2 GB the first time, seconds the next"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r locks/uv.lock
	@$(BIN)/uv pip install --python $(BIN)/python --require-hashes -r locks/all.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup  ## load, train, answer and serve: the synthetic shop, or SOURCE=online-retail DATA=folder
	@$(BIN)/shelfgraph demo $(SOURCE) $(DATA)

test: setup  ## every test, on a real Neo4j
	@$(TESTS) --durations=20 --durations-min=5

check: setup lint types  ## format, lint, types, house rules and what needs no server: a minute and a half
	@$(TESTS) -m "not slow and not graph" --hypothesis-profile=quick

lint: setup
	@$(BIN)/ruff format --check . && $(BIN)/ruff check .

types: setup
	@$(BIN)/mypy .

fuzz: setup  ## 2,000 operations drawn from the contract, asked of a real service
	@FUZZ=2000 $(BIN)/python -m pytest tests/test_api_fuzz.py

bench: setup  ## seconds and rows a second of a load, beside the bare driver: SOURCE and DATA as for demo
	@$(BIN)/shelfgraph evaluate loading --source $(SOURCE) --tables $(DATA)

bench-api: setup  ## the service under load, beside what is promised, on a synthetic shop of its own: DATA=large, WITH="--soak 10"
	@export SHELFGRAPH_HOME=.shelfgraph/bench-$(DATA) && mkdir -p $$SHELFGRAPH_HOME && \
		trap '$(BIN)/shelfgraph graph stop' EXIT && $(BIN)/shelfgraph graph start && \
		$(BIN)/shelfgraph load synthetic $(DATA) && $(BIN)/shelfgraph train && \
		$(BIN)/shelfgraph evaluate service --json $$SHELFGRAPH_HOME/service.json --picture $$SHELFGRAPH_HOME/service.png $(WITH)

clients:  ## the example product page's packages, its types from the contract, and the page (Node 20 or newer)
	@cd examples/product-page && npm ci --ignore-scripts --no-audit --no-fund && npm run build

clean:  ## forget the environment and every shop made here
	rm -rf $(VENV) .shelfgraph examples/product-page/node_modules examples/product-page/dist
