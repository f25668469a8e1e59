# Each target sets up .venv first, once. PYTHON names the Python that it is made with: make test PYTHON=python3.12
PYTHON ?= python3
VENV := $(CURDIR)/.venv
export PATH := $(VENV)/bin:$(PATH)

.PHONY: help setup repro looks ui test test-slow coverage check format readme printed experiments bench prune lock faults track record verify audit mutants

help:
	@echo "make repro      rebuild every result (dvc repro), then show the verdicts"
	@echo "make looks      with protocol.looks: more repeats for undecided studies until all are decided or at the last look"
	@echo "make experiments  what experiments changed: parameters, accuracies, verdicts"
	@echo "make track      bring MLflow up to date: after trouble with its store, or when that was deleted or moved"
	@echo "make record     finished studies of real data to results/full, for good, and what documents say of them"
	@echo "make verify     train 20 of the recorded runs again and compare their weights, bit for bit"
	@echo "make ui         browse the runs on http://127.0.0.1:5000 (mlflow ui)"
	@echo "make test       run the tests;  make test-slow: the long ones;  make coverage: which lines the tests run"
	@echo "make faults     kills, damage, a full disk: 15 minutes of what goes wrong, and a table of what survived"
	@echo "make check      lint, format, types;  make format: mend the first two"
	@echo "make readme     write what documents say of results from results/full or metrics/"
	@echo "make bench      speed beside plain fit, a plain script and ictonyx: benchmarks/README.md (an hour)"
	@echo "make printed    the write-ups' printed figures beside ours, after profile full"
	@echo "make prune      say which kept runs no profile uses;  make prune REMOVE=1: remove them"
	@echo "make lock       resolve requirements.lock anew, keeping its versions;  make lock UPGRADE=1: with the newest"
	@echo "make audit      known vulnerabilities of what is locked, where a registry of advisories can be reached"
	@echo "make mutants    change the code in 300 small ways and see whether a test notices; takes an hour or more"

setup: $(VENV)/installed

$(VENV)/installed: requirements.lock
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(not (3, 11) <= v[:2] <= (3, 13) and f"error: expected Python 3.11 to 3.13, received {v[0]}.{v[1]}; name another one: make PYTHON=python3.12")'
	@echo "Installing the exact versions of requirements.lock into .venv; this takes a few minutes, once."
	@$(VENV)/bin/python -m pip --version > /dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@$(VENV)/bin/python -m pip install --disable-pip-version-check --quiet --requirement requirements.lock
	@touch $@

# DVC that was killed while it wrote its own lock leaves it empty, and then refuses to read it.
repro: setup
	@test -s .dvc/tmp/rwlock || rm -f .dvc/tmp/rwlock
	@dvc repro
	@python -m pipeline.commands.verdicts

looks: setup
	@python -m pipeline.commands.looks
	@python -m pipeline.commands.verdicts

experiments: setup
	@python -m pipeline.commands.experiments

record: setup
	@python -m pipeline.commands.record
	@python -m pipeline.writeups.printed --record
	@python -m pipeline.commands.readme

verify: setup
	@python -m pipeline.commands.verify

track: setup
	@python -m pipeline.stages.track

# One worker and no jobs, which are for agents: with MLflow's four and theirs it is ready three times as late.
ui: setup
	@echo "Open http://127.0.0.1:5000/#/experiments?workflowType=machine_learning"
	@MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false mlflow ui --host 127.0.0.1 --workers 1

test: setup
	@python -m pytest -q --numprocesses 2 --dist loadfile

test-slow: setup
	@python -m pytest -q -m slow

coverage: setup
	@python -m pytest -q --numprocesses 2 --dist loadfile --cov --cov-report term --cov-report html

faults: setup
	@python -m tests.faults

check: setup
	@ruff check . && ruff format --check . && mypy

format: setup
	@ruff check --fix . ; ruff format .

readme: setup
	@python -m pipeline.commands.readme

printed: setup
	@python -m pipeline.writeups.printed

prune: setup
	@python -m pipeline.commands.prune $(if $(REMOVE),--remove)

lock: setup
	@uv pip compile --quiet --universal --generate-hashes --extra develop --extra dask --no-header --no-annotate $(if $(UPGRADE),--upgrade) \
		--output-file requirements.lock pyproject.toml > /dev/null

ICTONYX := $(VENV)/ictonyx
bench: setup
	@python -m pip install --disable-pip-version-check --quiet --no-deps --target $(ICTONYX) --upgrade ictonyx==0.5.1 seaborn==0.13.2
	@python -m benchmarks.training_against_fit
	@python -m benchmarks.adam_update
	@python -m benchmarks.study_against_script --ictonyx $(ICTONYX)
	@python -m benchmarks.many_runs --studies 1 10

audit: setup
	@python -m pipeline.commands.audit

mutants: setup
	@nice -n 19 python -m benchmarks.mutants
