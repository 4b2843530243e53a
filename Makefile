# Everything that a fresh machine with Python ≥ 3.11 and make needs is set up by the first target that is asked for.

PYTHON := $(firstword $(foreach name,python3 python3.13 python3.12 python3.11 python,$(shell \
	$(name) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && command -v $(name))))
ifeq ($(PYTHON),)
$(error wirflow needs Python 3.11 or newer, and none was found)
endif

BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input

export PYTHONUTF8 := 1

.PHONY: demo test check coverage bench chaos failover fuzz docs lock clean
.DELETE_ON_ERROR:

demo: .venv/runtime  ## Set up and play the council paper's portfolio to 2020-12-10
	$(BIN)/wirflow demo

test: .venv/everything  ## Set up and run the tests
	$(BIN)/python -m pytest --numprocesses auto

check: .venv/everything docs  ## Lint, types, import contracts, locked requirements, documentation
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

coverage: .venv/everything  ## Run the tests with branch coverage; law and trail have to be covered whole
	$(BIN)/python -m pytest --numprocesses auto --cov --cov-report=
	$(BIN)/coverage report
	$(BIN)/coverage report --include='wirflow/deadlines/*,wirflow/audit/*' --fail-under=100 --format=total

bench: .venv/everything  ## Measure against the raw database limit; writes build/benchmark.json (ONLY=event, QUICK=1)
	$(BIN)/python -m tests.benchmarks $(if $(ONLY),--only $(ONLY)) $(if $(QUICK),--quick)

chaos: .venv/everything  ## Kill workers at random, and inject faults, for long (KILLS=10000, RUNS=1000, SEED=…)
	$(BIN)/python -m tests.crash.faults --database sqlite --runs $(or $(RUNS),1000) $(if $(SEED),--seed $(SEED))
	$(BIN)/python -m tests.crash.faults --database postgresql --runs $(or $(RUNS),200) $(if $(SEED),--seed $(SEED))
	$(BIN)/python -m tests.crash.chaos --database sqlite --kills $(or $(KILLS),1000) $(if $(SEED),--seed $(SEED))
	$(BIN)/python -m tests.crash.chaos --database postgresql --kills $(or $(KILLS),10000) $(if $(SEED),--seed $(SEED))

failover: .venv/everything  ## Lose a primary of PostgreSQL under load and go on with its replica (ROUNDS=3)
	$(BIN)/python -m tests.failover --rounds $(or $(ROUNDS),3)

fuzz: .venv/everything  ## Read a million mutated files; FUZZ_COUNT, FUZZ_SECONDS, FUZZ_SEED, FUZZ_WORKERS
	$(BIN)/python -m tests.fuzz

docs: .venv/everything  ## Build the documentation; warnings are errors
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going -b html docs build/docs

lock: ## Lock the requirements anew by name, version and hash (needs uv)
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --group build --no-header --quiet --upgrade -o requirements.txt
	uv pip compile pyproject.toml --group dev -c requirements.txt --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet --upgrade -o requirements-dev.txt

clean:
	rm -rf .venv build wirflow-demo

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/runtime: requirements.txt pyproject.toml | .venv/bin/python
	# The locked file names everything: nothing is to be resolved, and pip before 23.3 would look for a newer
	# release of a package that another one asks for with an extra.
	$(PIP) install --require-hashes --no-deps -r requirements.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	# Python 3.12 reads path files in the locale's encoding: a relative path has no umlauts in it.
	$(PYTHON) -c 'import pathlib; [path.write_text("../../../..\n") for path in pathlib.Path(".venv/lib").glob("python*/site-packages/*_wirflow.pth")]'
	@touch $@

.venv/everything: requirements-dev.txt .venv/runtime
	$(PIP) install --require-hashes --no-deps -r requirements-dev.txt
	$(PIP) check
	@touch $@
