# The two commands of the README are `make figure5` and `make test`; `make help` lists all.
export MLFLOW_DISABLE_TELEMETRY = true
export DO_NOT_TRACK = true

PYTHON ?= python3
BIN = .venv/bin
PROFILE ?= laptop
TRACKING = $(or $(MLFLOW_TRACKING_URI),sqlite:///mlflow.db)
LOCK = uv pip compile pyproject.toml -q --universal --generate-hashes --no-emit-index-url --no-annotate \
	--python-version 3.11 --custom-compile-command "make lock"

.PHONY: help figure5 all report status test lint ui clean lock mlproject

help:  ## list the commands
	@grep -E '^[a-z0-9]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 12

.venv/installed: requirements.lock
	$(PYTHON) -c 'import sys; assert (3, 11) <= sys.version_info < (3, 14), "Python 3.11 to 3.13 is needed: make PYTHON=python3.11"'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	touch $@

.venv/installed-dev: requirements-dev.lock .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	touch $@

figure5: .venv/installed  ## from nothing to the paper's Figure 5 (PROFILE=laptop)
	PATH="$(CURDIR)/$(BIN):$$PATH" mlflow run . -e figure5 --experiment-name pidoc --env-manager local -P profile=$(PROFILE)

all: .venv/installed  ## every figure and table, and the report (PROFILE=laptop)
	PATH="$(CURDIR)/$(BIN):$$PATH" mlflow run . -e all --experiment-name pidoc --env-manager local -P profile=$(PROFILE)

report: .venv/installed  ## one HTML page of all that has been made so far
	$(BIN)/python -m reproduce report --profile $(PROFILE)

status: .venv/installed  ## what is in the store, what would run, about how long
	$(BIN)/python -m reproduce status --profile $(PROFILE)

test: .venv/installed-dev  ## the tests (the slow ones: .venv/bin/pytest -m slow)
	$(BIN)/python -m pytest -n logical --dist loadfile

lint: .venv/installed-dev  ## style, types, and which way imports go
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

ui: .venv/installed  ## the MLflow pages, at http://127.0.0.1:5000
	@echo "open http://127.0.0.1:5000/#/experiments?workflowType=machine_learning (runs and charts first)"
	$(BIN)/mlflow ui --backend-store-uri $(TRACKING)

mlproject: .venv/installed  ## write MLproject anew from the papers' targets
	$(BIN)/python -c 'from reproduce.__main__ import PAPERS; from reproduce.workflow.mlproject import text; print(text(PAPERS), end="")' > MLproject.new
	mv MLproject.new MLproject

lock:  ## write the locks anew from pyproject.toml (needs uv)
	$(LOCK) -o requirements.lock
	$(LOCK) --extra dev -c requirements.lock -o requirements-dev.lock
	sed -i.old "s/sha256 [0-9a-fA-Z]*/sha256 $$(sha256sum requirements.lock | cut -c1-16)/" conda.yaml && rm conda.yaml.old

clean:  ## remove results, the tracking store and the environment
	rm -rf outputs mlflow.db mlartifacts mlruns .venv
