# One command each: env, demo, test, test-slow, check, bench, reliability. Every one sets itself up.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: env demo test test-slow check bench reliability l10n-report lock clean

env: $(STAMP)

$(STAMP): locks/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
		{ echo 'strata needs Python 3.11 to 3.13; where it has another name: make $(MAKECMDGOALS) PYTHON=python3.12' >&2; exit 1; }
	$(PYTHON) -m venv .venv
	@# --no-deps: the lock is whole, and pip would refuse a package that it asks for with and without extras.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r locks/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

demo: env
	$(BIN)/strata demo

test: env check
	$(BIN)/python -m pytest -q -n 2 --dist loadfile --durations 15 -m 'not slow'

# Whole markets of real chains, all territories, both engines, deaths at many instants, a real server for minutes.
test-slow: env
	$(BIN)/python -m pytest -q -n 2 --dist loadfile --durations 15 -m slow

check: env
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m region_profiles.catalogs.messages

# The formatter beside ICU, value by value.
l10n-report: env
	$(BIN)/python benchmarks/localize_report.py

bench: env
	$(BIN)/python benchmarks/run.py

# What is promised for when something dies, fails or races: docs/reliability.md. Half an hour; smaller by KILLS=50.
KILLS ?= 1000
RUNS ?= 200
ROUNDS ?= 100
reliability: env
	$(BIN)/python -m benchmarks.reliability --kills $(KILLS) --runs $(RUNS) --rounds $(ROUNDS)

# Newest versions that pyproject.toml allows, with hashes and without addresses; needs uv.
lock:
	uv pip compile pyproject.toml --no-strip-extras --universal --generate-hashes --no-emit-index-url --python-version 3.11 -o locks/run.txt
	uv pip compile pyproject.toml --no-strip-extras --extra spark --group dev --universal --generate-hashes --no-emit-index-url --python-version 3.11 -o locks/dev.txt

clean:
	rm -rf .venv build demo
