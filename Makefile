# Everything here needs Python 3.11 or newer, make and a package index.
# `make` on its own lists the targets. Write no comment after a target but its `##` sentence.

PYTHON ?= python3
DATA   ?= ./data
ARGS   ?=

VENV := .venv
BIN  := $(VENV)/bin
PIP  := $(BIN)/python -m pip --disable-pip-version-check --no-input

# A stamp says that a lock file is installed. Each lies inside the environment,
# so removing the environment removes what was said of it.
RUNTIME := $(VENV)/.installed-runtime
DEV     := $(VENV)/.installed-dev
BENCH   := $(VENV)/.installed-bench

# The tool that writes the lock files, in an environment of its own.
LOCK_VENV := .venv-lock
LOCK_TOOL := uv==0.13.9
LOCK      := $(LOCK_VENV)/bin/uv pip compile --no-config --quiet --universal --python-version 3.11 \
             --python $(LOCK_VENV)/bin/python --generate-hashes --fork-strategy fewest \
             --no-emit-index-url --custom-compile-command "make lock"

# The folders that hold Python to type-check, of those there are.
TYPED = $(shell for d in src tests benchmarks examples; do \
          find $$d -name '*.py' 2>/dev/null | grep -q . && echo $$d; done)

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup setup-dev serve test check format bench bench-full bench-peers prove-kill prove-fuzz lock clean

help: ## List these targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile
	@printf '\n  ARGS="..." is handed on to the command; DATA=DIR is where `serve` keeps its data;\n'
	@printf '  PYTHON=python3.12 names the Python that .venv is made with.\n'

setup: $(RUNTIME) ## Make .venv with what the server needs, and maquette itself

setup-dev: $(RUNTIME) $(DEV) ## Add what the tests and the checks need

serve: setup ## Run the server on ./data (ARGS="--port 9000")
	$(BIN)/maquette serve --data $(DATA) $(ARGS)

test: setup-dev ## Run the tests, but for the long ones (ARGS="-k webhooks")
	$(BIN)/pytest -n auto -m "not long" $(ARGS)

check: setup-dev $(BENCH) ## Check formatting, lint, types and the layers' imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --strict $(TYPED)
	$(BIN)/lint-imports --no-logo

format: setup-dev ## Rewrite the code in the project's format, imports sorted
	$(BIN)/ruff check --select I --fix .
	$(BIN)/ruff format .

bench: setup $(BENCH) ## Run the benchmarks in five minutes (ARGS=--quick in two)
	$(BIN)/python -m benchmarks $(ARGS)

bench-full: setup $(BENCH) ## Run them in full, in twenty-five, and write docs/performance.md's tables
	$(BIN)/python -m benchmarks --full --write-docs $(ARGS)

bench-peers: ## Install Directus, beside which the full ones measure (npm and g++; ten minutes)
	benchmarks/peers/directus/install.sh

prove-kill: setup-dev ## Kill the server over and over and look for lost writes (long)
	MAQUETTE_PROVE=long $(BIN)/pytest -m kill --timeout=5400 $(ARGS)

prove-fuzz: setup-dev ## Fuzz both APIs against their descriptions (long)
	MAQUETTE_PROVE=long $(BIN)/pytest -m fuzz --timeout=5400 $(ARGS)

lock: $(LOCK_VENV)/.installed ## Write requirements/*.txt anew (ARGS=--upgrade takes newer versions)
	$(LOCK) $(ARGS) requirements/build.in --output-file requirements/build.txt
	$(LOCK) $(ARGS) requirements/runtime.in --output-file requirements/runtime.txt --no-emit-package maquette
	$(LOCK) $(ARGS) requirements/dev.in --output-file requirements/dev.txt
	$(LOCK) $(ARGS) requirements/bench.in --output-file requirements/bench.txt

clean: ## Remove all that make and the tools made, but for ./data
	rm -rf $(VENV) $(LOCK_VENV) benchmarks/peers/directus/node_modules build dist htmlcov .coverage .coverage.*
	rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache .schemathesis
	find src tests benchmarks examples -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# $(call make_venv,DIR): make a virtual environment, or say in one sentence why it cannot be made.
# One that is there and works is kept, whatever PYTHON names.
define make_venv
@$(1)/bin/python -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
  command -v $(PYTHON) >/dev/null 2>&1 || { \
    echo "Maquette needs Python 3.11 or newer, and there is no '$(PYTHON)' here: name one, as in 'make setup PYTHON=python3.12'." >&2; exit 1; }; \
  $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
    echo "Maquette needs Python 3.11 or newer, and '$(PYTHON)' is $$($(PYTHON) --version 2>&1): name a newer one, as in 'make setup PYTHON=python3.12'." >&2; exit 1; }; \
  rm -rf $(1); $(PYTHON) -m venv $(1) || { rm -rf $(1); \
    echo "'$(PYTHON) -m venv' failed: on Debian and Ubuntu, install the package python3-venv." >&2; exit 1; }; }
endef

$(RUNTIME): requirements/build.txt requirements/runtime.txt pyproject.toml
	$(call make_venv,$(VENV))
	@echo "Installing what the server needs into $(VENV)"
	@$(PIP) install -qq --require-hashes -r requirements/build.txt -r requirements/runtime.txt
	@$(PIP) install -qq --no-index --no-deps --no-build-isolation --editable .
	@$(PIP) check
	@touch $@

# Order-only: a change of the runtime alone is no reason to look at these again.
$(DEV): requirements/dev.txt | $(RUNTIME)
	@echo "Installing what the tests and the checks need into $(VENV)"
	@$(PIP) install -qq --require-hashes -r requirements/dev.txt
	@touch $@

$(BENCH): requirements/bench.txt | $(RUNTIME)
	@echo "Installing what the benchmarks need into $(VENV)"
	@$(PIP) install -qq --require-hashes -r requirements/bench.txt
	@touch $@

$(LOCK_VENV)/.installed: Makefile
	$(call make_venv,$(LOCK_VENV))
	@$(LOCK_VENV)/bin/python -m pip --disable-pip-version-check --no-input install -qq "$(LOCK_TOOL)"
	@touch $@
