# Two commands on a fresh machine: `make run` and `make test`. `make` alone lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check -q
LISTEN ?= 127.0.0.1:8000
CATALOGS := $(patsubst %.po,%.mo,$(wildcard app/translations/*/LC_MESSAGES/messages.po))
UV_COMPILE := $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header

.PHONY: help run test check format lock texts bench clean setup setup-dev browser

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: setup ## set everything up and start on 127.0.0.1:8000 (LISTEN=host:port for another address)
	@exec $(BIN)/oboegaki serve --http $(LISTEN)

test: setup-dev browser ## set up what the tests need, a browser too, and run all tests
	@$(BIN)/pytest

check: setup-dev ## format, lint, types, import directions, schema drift, texts
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python tests/schema_drift.py
	@$(BIN)/python tests/texts.py

format: setup-dev ## format the code and sort its imports
	@$(BIN)/ruff check --fix-only --exit-zero .
	@$(BIN)/ruff format .

lock: setup-dev ## resolve the dependencies anew into the lock files, with hashes and no addresses
	@$(PIP) install uv
	@$(UV_COMPILE) --upgrade pyproject.toml -o requirements.txt
	@$(UV_COMPILE) --upgrade pyproject.toml --extra build -c requirements.txt -o requirements-build.txt
	@$(UV_COMPILE) --upgrade pyproject.toml --extra build --extra dev -c requirements.txt -o requirements-dev.txt

texts: setup-dev ## collect the texts of the pages into app/translations for translation
	@$(BIN)/python tests/texts.py --collect

bench: setup-dev ## measure import and answer beside bare sqlite3 and a bare Flask, in one run
	@$(BIN)/python -m bench

clean: ## remove what these targets made, but not the data folder
	@rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	@find app tests bench migrations -name __pycache__ -prune -exec rm -rf {} +
	@find app -name '*.mo' -delete

setup: $(VENV)/.run $(CATALOGS)

setup-dev: $(VENV)/.dev $(CATALOGS)

browser: $(VENV)/.dev
	@$(BIN)/python -m tests.browser.chromium

$(BIN)/python:
	@python=$$(for name in python3 python3.13 python3.12 python3.11 python3.14; do \
	    command -v $$name >/dev/null && $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' && echo $$name && break; \
	  done || true); \
	if [ -z "$$python" ]; then echo "Python 3.11 or newer is missing; on Debian: apt-get install python3 python3-venv" >&2; exit 1; fi; \
	$$python -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "$$python has no venv module; on Debian: apt-get install python3-venv" >&2; exit 1; }; \
	echo "Making the environment with $$($$python --version)"; $$python -m venv $(VENV)

$(VENV)/.run: requirements-build.txt pyproject.toml | $(BIN)/python
	@echo "Installing what the app needs"
	@$(PIP) install --require-hashes -r requirements-build.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.run
	@echo "Installing what checks and tests need"
	@$(PIP) install --require-hashes -r requirements-dev.txt
	@touch $@

%.mo: %.po $(VENV)/.run
	@$(BIN)/pybabel -q compile -i $< -o $@
	@test -f $@
