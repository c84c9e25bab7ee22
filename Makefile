# Proeve: the commands. `make` alone lists them.
# A fresh machine needs Python 3.11 or newer, git and make; everything else is fetched, by hash, on first use.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
BASE := $(VENV)/.base-installed
DEV := $(VENV)/.dev-installed
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard app/translations/*/LC_MESSAGES/*.po))

export PORT ?= 5000
export PIP_DISABLE_PIP_VERSION_CHECK = 1
WORKERS ?= 2
ARGS ?=

.PHONY: help run demo test test-all moments check fix bench lock components outdated install translations messages \
	triggers clean

help: ## List the commands
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(BASE) translations ## Serve the demo school on 127.0.0.1 (PORT=5000), keeping its data
	@exec $(BIN)/python run.py serve

demo: $(BASE) translations ## Put the demo school back as it was
	@$(BIN)/python run.py demo-reset

test: $(DEV) translations ## Run all tests, each where it tells most: PostgreSQL, SQLite, other moments (ARGS="tests/rules -k marks" selects)
	@BIN=$(BIN) WORKERS=$(WORKERS) tools/test.sh $(ARGS)

test-all: $(DEV) translations ## Run all tests on both databases, and what touches dates at each moment
	@ALL=1 BIN=$(BIN) WORKERS=$(WORKERS) tools/test.sh $(ARGS)

moments: $(DEV) translations ## Run what touches dates, at each moment of tests/support/clock.py
	@BIN=$(BIN) WORKERS=$(WORKERS) tools/moments.sh $(ARGS)

check: $(DEV) ## Style, types and layers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

fix: $(DEV) ## Repair what can be repaired by machine: style and format
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

bench: $(DEV) translations ## Measure speed at size
	@$(BIN)/python -m bench $(ARGS)

lock: $(DEV) ## Make the lock files from requirements/*.in (ARGS=--upgrade for newer versions)
	@UV=$(BIN)/uv tools/lock.sh $(ARGS)

components: $(DEV) ## Write docs/components.md anew from the lock file
	@$(BIN)/python tools/components.py

outdated: $(DEV) ## Name the libraries for which there is a newer version
	@$(BIN)/pip list --outdated

install: $(DEV) translations ## Set up everything for developing, without running anything

translations: $(CATALOGUES)

messages: $(DEV) ## Bring the English catalogue up to date with the Dutch in the code
	@$(BIN)/python tools/messages.py

triggers: $(BASE) ## Write today's triggers out for the newest migration
	@$(BIN)/python -m tools.triggers

clean: ## Remove what was built or cached (not the data)
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis test-results
	@find app tests bench migrations tools -name __pycache__ -type d -prune -exec rm -rf {} +
	@rm -f $(CATALOGUES)

$(VENV)/bin/python:
	@tools/venv.sh $(VENV)

$(BASE): requirements/base.txt | $(VENV)/bin/python
	@echo "Installing what Proeve needs (once, until requirements/base.txt changes)..."
	@$(BIN)/python -m pip install --quiet --require-hashes -r $<
	@touch $@

$(DEV): requirements/dev.txt $(BASE)
	@echo "Installing what the tests need (once, until requirements/dev.txt changes)..."
	@$(BIN)/python -m pip install --quiet --require-hashes -r $<
	@touch $@

%.mo: %.po | $(BASE)
	@$(BIN)/pybabel --quiet compile --input-file $< --output-file $@
