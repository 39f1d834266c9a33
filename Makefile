# Every command a developer or CI needs. `make setup` is a dependency of all of them and runs once.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
SOURCES := conftest.py sdk hub e2e bench examples tools

.PHONY: help setup check format test test-fast plans chaos compatibility screenshots demo bench lock clean

help:  ## list these commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

setup: $(STAMP)  ## make the virtual environment and install everything into it

$(STAMP): requirements/lock.txt sdk/pyproject.toml hub/pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "CPython 3.11 or newer is needed; name it with: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/lock.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e sdk -e hub
	@touch $@

check: setup  ## formatting, lint, types, import contracts, file lengths
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy sdk/src hub/src examples
	$(BIN)/mypy sdk/tests
	$(BIN)/mypy hub/tests
	$(BIN)/mypy conftest.py e2e bench tools
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m tools.file_lengths

format: setup  ## rewrite the sources in the house format
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix $(SOURCES)

test: setup  ## every test; those of the rooms side by side, those end to end one after another
	$(BIN)/python -m pytest sdk/tests hub/tests e2e/test_fuzz.py -n auto
	$(BIN)/python -m pytest e2e --ignore e2e/test_fuzz.py

test-fast: setup  ## the tests that take no more than a few seconds each
	$(BIN)/python -m pytest sdk/tests hub/tests -n auto -m "not slow"
	$(BIN)/python -m pytest e2e -m "not slow"

plans: setup  ## look at the plan of each hot query with a million messages; takes a quarter of an hour
	HISTORY_ROWS=500000 $(BIN)/python -m pytest hub/tests/store/test_plans.py -o timeout=900

chaos: setup  ## kill API, workers and database at random under load, and count what was lost
	$(BIN)/python -m e2e.chaos

compatibility: setup  ## play everything that the official clients can call; writes docs/compatibility.md
	$(BIN)/python -m e2e.compatibility

screenshots: setup  ## take a picture of every page of the console; writes docs/screens.md and docs/screenshots/
	$(BIN)/python -m e2e.console.screens

demo: setup  ## start a hub and send real notifications through it; KEEP=1 leaves it up
	$(BIN)/python -m examples.demo $(if $(KEEP),--keep)

bench: setup  ## measure the SDK and the hub; writes docs/benchmarks.md
	$(BIN)/python -m bench

lock: setup  ## resolve requirements/lock.txt and the locks of the official clients anew
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header sdk/pyproject.toml hub/pyproject.toml --extra async --extra apprise requirements/dev.in -o requirements/lock.txt
	for each in e2e/environments/py-*.in; do \
		$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
			--no-header $$each -o $${each%.in}.txt || exit 1; done
	for each in node web inbox console; do \
		npm install --prefix e2e/environments/$$each --package-lock-only --omit-lockfile-registry-resolved \
			--ignore-scripts --no-audit --no-fund || exit 1; done

clean:  ## remove the virtual environment and caches
	rm -rf $(VENV) .official .mypy_cache .ruff_cache .pytest_cache .hypothesis
