# Everything runs inside .venv; `make setup` makes it and is quick the second time.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.ready

.PHONY: setup demo test lint bench report-card chaos mutants lock
setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/python -m dagster_project.manifest
	touch $(STAMP)

SERVE ?= 1
demo: setup
	$(BIN)/leaks demo $(if $(filter 0,$(SERVE)),--no-serve,)

test: setup
	$(BIN)/pytest -m "not chaos and not bench and not report_card" -n 2 --dist loadfile --no-loadscope-reorder

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/sqlfmt --check --quiet dbt_project
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .

bench: setup
	$(BIN)/pytest -m bench -s tests/bench

report-card: setup
	$(BIN)/pytest -m report_card -s tests/report_card

chaos: setup
	$(BIN)/pytest -m chaos tests

mutants: setup
	$(BIN)/mutmut run --max-children 2
	$(BIN)/python -m tests.mutation

lock:
	$(BIN)/uv pip compile pyproject.toml --extra dev --extra llm --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-annotate --no-header --quiet --output-file requirements.lock
