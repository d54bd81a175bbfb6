# Every target sets up what it needs; `make` alone lists them.
DATA ?= data
HOST ?= 127.0.0.1
PORT ?= 8000
FUZZ_SECONDS ?= 600
PYTEST_ARGS ?=
BENCH_ARGS ?=
MERGE_ARGS ?=

# The interpreter itself, never that of .venv, which it makes.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11) or print(sys._base_executable))' 2>/dev/null && break; done)
SET_UP = $(or $(PYTHON),$(error Adref needs Python 3.11 or newer, as python3 or in the variable PYTHON)) tools/setup.py
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help setup run test lint types fuzz bench bench-peers docs lock clean

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /make \1\t/p' $(MAKEFILE_LIST) | expand -t 18

setup: ## Install everything that the server and its page need
	@$(SET_UP) app

run: setup ## Make the sample meeting and serve it (DATA, HOST, PORT)
	@adref sample --data $(DATA) --host $(HOST) --port $(PORT)
	@exec adref serve --data $(DATA) --host $(HOST) --port $(PORT)

test: ## Run every test, the browser's too (PYTEST_ARGS)
	@$(SET_UP) tests
	@npm --prefix client-sample test --silent
	@python -m pytest --numprocesses logical --maxprocesses 4 --dist loadfile $(PYTEST_ARGS)

lint: ## Check the style and the import rules
	@$(SET_UP) checks
	ruff check .
	ruff format --check .
	lint-imports --no-logo
	npm --prefix client-sample run lint --if-present

types: ## Check the types, Python's and TypeScript's
	@$(SET_UP) checks
	mypy
	npm --prefix client-sample run check --if-present

fuzz: ## Fuzz for FUZZ_SECONDS
	@$(SET_UP) tests
	ADREF_FUZZ_SECONDS=$(FUZZ_SECONDS) python -m pytest tests/fuzz --timeout=0 $(PYTEST_ARGS)

bench: ## Measure this server alone, in a quarter of an hour (BENCH_ARGS)
	@$(SET_UP) bench
	python -m benchmarks
	python -m benchmarks.merge --short
	python -m benchmarks.compare --rounds 1 --seconds 3 $(BENCH_ARGS)

bench-peers: ## Measure it beside others, which are fetched, and write benchmarks/RESULTS.md (BENCH_ARGS, MERGE_ARGS)
	@$(SET_UP) bench
	python -m benchmarks.compare --peers $(BENCH_ARGS)
	python -m benchmarks.merge $(MERGE_ARGS)
	python -m benchmarks.report

docs: ## Write the reference pages anew from the code
	@$(SET_UP) checks
	python tools/reference.py

lock: ## Bring the lock files in step with what is asked for (UPGRADE=1 takes the newest versions)
	@$(SET_UP) checks
	python tools/lock.py $(if $(UPGRADE),--upgrade)

clean: ## Remove what was installed and built; the data stay
	rm -rf .venv .cache .*_cache .hypothesis client-sample/node_modules client-sample/dist tests/node/node_modules
