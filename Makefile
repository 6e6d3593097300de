# Everything runs in .venv, which the first target that needs it creates. The targets have the names of the commands.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEV := $(VENV)/.installed-dev
TRANSFORMER := $(VENV)/.installed-transformer

.PHONY: help extract test test-all lint train evaluate gate benchmark clean

help:  ## what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(DEV): $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

$(TRANSFORMER): $(DEV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[transformer]'
	@touch $@

ARTICLE ?= annotations/sample.txt
extract: $(STAMP)  ## tag an article (ARTICLE=path) and print the table of its facts
	$(BIN)/chitieu extract $(ARTICLE)

test: $(DEV)  ## lint-free quick suite, then the slow tests
	$(BIN)/python -m pytest -q -m 'not slow'
	$(BIN)/python -m pytest -q -m slow

lint: $(DEV)  ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

train: $(DEV)  ## train the shipped model anew
	$(BIN)/chitieu train

evaluate: $(DEV)  ## score the shipped model, stage by stage
	$(BIN)/chitieu evaluate

gate: $(DEV)  ## the shipped model's scores against their floors
	$(BIN)/python evaluate/gate.py

benchmark: $(DEV)  ## speed and memory, side by side with raw word_tokenize
	$(BIN)/python evaluate/benchmark.py

clean:  ## remove the environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build
