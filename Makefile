# Two commands on a fresh machine: `make run` and `make test`; with a container engine, `make up`. `make` alone lists all.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
AUDIT := $(VENV)/audit
PIP := $(BIN)/pip --disable-pip-version-check -q
LISTEN ?= 127.0.0.1:8000
CATALOGS := $(patsubst %.po,%.mo,$(wildcard app/translations/*/LC_MESSAGES/messages.po))
UV_COMPILE := $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header

.PHONY: help run test test-postgresql needs check format lock texts bench drill clean setup setup-dev browser
.PHONY: audit sbom setup-audit setup-dclint
.PHONY: up down logs ps stats shell backup restore upgrade

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: setup ## set everything up and start on 127.0.0.1:8000 (LISTEN=host:port for another address)
	@exec $(BIN)/oboegaki serve --http $(LISTEN)

test: setup-dev browser needs ## set up what the tests need, a browser too, and run all tests
	@$(BIN)/pytest -n auto

test-postgresql: setup-dev needs ## run what asks the database on PostgreSQL too
	@$(BIN)/pytest -n auto --postgresql tests/importing tests/test_[a-z]*.py tests/web/test_{account,entrance,imports,library,media}.py

check: setup-dev setup-audit ## format, lint, types, import directions, schema drift, texts, audit
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python tests/schema_drift.py
	@$(BIN)/python tests/texts.py
	@$(BIN)/python tests/audit.py $(AUDIT)/bin

audit: setup-dev setup-audit ## risky code, secrets, known vulnerabilities of what is locked
	@$(BIN)/python tests/audit.py $(AUDIT)/bin

sbom: setup-audit ## write what the app is made of into build/sbom.cdx.json (CycloneDX)
	@mkdir -p build
	@$(AUDIT)/bin/cyclonedx-py requirements requirements.txt --pyproject pyproject.toml --output-reproducible -o build/sbom.cdx.json

format: setup-dev ## format the code and sort its imports
	@$(BIN)/ruff check --fix-only --exit-zero .
	@$(BIN)/ruff format .

lock: setup-dev ## resolve the dependencies anew into the lock files, with hashes and no addresses
	@$(PIP) install uv
	@$(UV_COMPILE) --upgrade pyproject.toml -o requirements.txt
	@$(UV_COMPILE) --upgrade pyproject.toml --extra build -c requirements.txt -o requirements-build.txt
	@$(UV_COMPILE) --upgrade pyproject.toml --extra build --extra dev -c requirements.txt -o requirements-dev.txt
	@$(UV_COMPILE) --upgrade --group pyproject.toml:audit -o requirements-audit.txt

texts: setup-dev ## collect the texts of the pages into app/translations for translation
	@$(BIN)/python tests/texts.py --collect

drill: setup-dev browser needs ## run every drill of what must survive and who must stay out at its full size
	@HYPOTHESIS_PROFILE=ever_new $(BIN)/pytest tests/drills --full

bench: setup-dev ## measure import and answer beside bare sqlite3 and a bare Flask, in one run
	@$(BIN)/python -m bench

up: ## build and start the containers, wait until they are healthy, print the address and the set-up link
	@docker compose up --detach --build || { docker compose logs --tail 30; exit 1; }
	@for second in {1..300}; do states=$$(docker compose ps --format '{{.State}} {{.Health}}' app nginx); \
	    [[ $$states != *restarting* && $$states != *unhealthy* ]] || break; \
	    [[ $$(grep -c '^running healthy$$' <<<"$$states") -lt 2 ]] || exit 0; sleep 1; \
	  done; docker compose logs --tail 30; exit 1
	@greeting=$$(docker compose logs --no-log-prefix app | grep -E '^(Set up the first account|Oboegaki is at)' | tail -n 1 || true); \
	  [[ -n $$greeting ]] || greeting=$$(docker compose exec -T app sed -zn 's/^OBOEGAKI_GREETING=//p' /proc/1/environ | tr -d '\0'); \
	  echo "$$greeting" | sed -E 's,^[A-Z].*: (http[^?]*)/set-up.*,Oboegaki is at \1/,'; \
	  [[ $$greeting != *code=* || -n $$(docker compose exec -T app oboegaki user list) ]] || echo "$$greeting"

down: ## stop and remove the containers; the data volume stays
	@docker compose down

logs: ## follow the containers' logs, with times
	@docker compose logs --follow --timestamps

ps: ## list the containers and their health
	@docker compose ps --all

stats: ## watch what the containers use
	@docker container stats $$(docker compose ps --quiet)

shell: ## open a shell in the app's container
	@docker compose exec app bash

backup: ## back up while the server runs, and copy the backup to backups/
	@mkdir -p backups; file=$$(docker compose exec -T app oboegaki data backup); \
	  for made in "$$file" "$$file.sha256"; do docker compose --progress quiet cp "app:$$made" backups/; done; echo "backups/$${file##*/}"

restore: ## put a backup back: FILE=backups/oboegaki-….db
	@test -f "$(FILE)" || { echo 'Which backup? Say: make restore FILE=backups/oboegaki-….db' >&2; exit 1; }
	@docker compose stop app
	@tar -C "$(dir $(FILE))" -cf - $(notdir $(wildcard $(FILE) $(FILE).sha256)) | \
	  docker compose run --rm --no-deps -T --entrypoint bash app -euc 'folder=$$(mktemp -d /data/restore.XXXXXX); \
	    trap "rm -rf $$folder" EXIT; tar -xf - -C "$$folder"; oboegaki data restore "$$folder/$(notdir $(FILE))"' || \
	  { docker compose up --detach --wait; exit 1; }
	@docker compose up --detach --wait

upgrade: ## back up, build anew on the newest base images, start that
	@test -z "$$(docker compose ps --status running --quiet app)" || $(MAKE) --no-print-directory backup
	@docker compose build --pull || { echo 'The base images could not be renewed; building on those that are here.'; docker compose build; }
	@$(MAKE) --no-print-directory up

clean: ## remove what these targets made, but not the data folder
	@rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	@find app tests bench migrations -name __pycache__ -prune -exec rm -rf {} +
	@find app -name '*.mo' -delete

setup: $(VENV)/.run $(CATALOGS)

setup-dev: $(VENV)/.dev $(CATALOGS)

setup-audit: $(VENV)/.audit

setup-dclint: $(VENV)/.dclint

browser: $(VENV)/.dev
	@$(BIN)/python -m tests.browser.chromium

needs: $(VENV)/.dev
	@$(BIN)/python -m tests.needs

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

$(VENV)/.dclint: .ci/dclint/package-lock.json | $(BIN)/python
	@command -v npm >/dev/null || { echo "npm is missing; on Debian: apt-get install npm" >&2; exit 1; }
	@mkdir -p $(VENV)/dclint; cp .ci/dclint/package*.json $(VENV)/dclint/
	@npm --prefix $(VENV)/dclint --loglevel error ci --ignore-scripts --no-audit --no-fund >/dev/null
	@touch $@

$(VENV)/.audit: requirements-audit.txt | $(BIN)/python
	@echo "Installing what the audit needs, apart from the app"
	@$(BIN)/python -m venv --clear $(AUDIT)
	@$(AUDIT)/bin/pip --disable-pip-version-check -q install --require-hashes -r requirements-audit.txt
	@touch $@

%.mo: %.po $(VENV)/.run
	@$(BIN)/pybabel -q compile -i $< -o $@
	@test -f $@
