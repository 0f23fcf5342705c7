# What a person does with this checkout. Needs make, a POSIX shell and Python 3.11 or later; all else goes into .venv.

.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed
SPREAD := --numprocesses auto --dist loadfile # a process for each core; tests/conftest.py says how they share
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; done)

.PHONY: help install run up down status test test-long lint bench clean distclean

help: ## list what there is
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1~\2/p' Makefile | while IFS='~' read -r name text; do \
		printf '%-18s %s\n' "$$name" "$$text"; done

install: $(INSTALLED) ## make .venv with the pinned packages; the others do this by themselves

run: $(INSTALLED) ## the whole system once: samples through SFTP and Airflow, and what came of each
	@$(BIN)/python -m declarations.demo run

up: $(INSTALLED) ## the same system, left running; prints addresses and a login
	@$(BIN)/python -m declarations.demo up

down: ## stop what `make up` started; its files stay
	@if test -e $(INSTALLED); then $(BIN)/python -m declarations.demo down; fi

status: $(INSTALLED) ## which parts of it run, and where
	@$(BIN)/python -m declarations.demo status

test: $(INSTALLED) ## all tests, campaigns at short length
	$(BIN)/python -m pytest $(SPREAD)

test-long: $(INSTALLED) ## all tests, campaigns at full length
	DECLARATIONS_EXAMPLES=3000 DECLARATIONS_KILLS=500 DECLARATIONS_SYSTEM_KILLS=30 $(BIN)/python -m pytest $(SPREAD)

lint: $(INSTALLED) ## style, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(INSTALLED) ## speed and memory, in figures
	$(BIN)/python -m tests.benchmarks

clean: down ## remove what runs and tests left behind
	rm -rf var build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

distclean: clean ## remove .venv too
	rm -rf $(VENV)

$(INSTALLED): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo 'Python 3.11 or later is needed; name it with make PYTHON=/path/to/python3' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo 'This Python lacks the module venv; on Debian and Ubuntu: apt install python3-venv' >&2; exit 1; }
	@echo 'making $(VENV) from requirements.lock; this takes some minutes, once'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(INSTALLED)
