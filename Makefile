# What people and CI type. Each target sets up what it needs; nothing is installed outside .venv
# except Debian packages, and those only as root (a container), where there is nobody to ask.

SHELL := /bin/sh
PY := .venv/bin/python
ARGS ?=
PEOPLE ?= 0
# Compiling every module in every process, as where this is set, costs more than the tests themselves.
unexport PYTHONDONTWRITEBYTECODE
SOURCES := portal sandbox demo bench scripts tests wsgi.py gunicorn.conf.py

.PHONY: help demo dev test test-fast test-browsers pictures migration faults check-one lint format words docs bench lock sbom audit clean

help:
	@echo "make demo                 everything on this machine, no account anywhere; prints one address"
	@echo "make demo PEOPLE=2000     the same with a campaign of 2,000 fictional people in the console"
	@echo "make dev                  the same; a part restarts when its Python, templates or static files change"
	@echo "make test-fast            lint, unit and architecture tests; about a minute"
	@echo "make test                 lint, types, import rules and all tests (PostgreSQL and browser included)"
	@echo "make test ARGS='-k gallery'   only the tests, with these pytest arguments"
	@echo "make test-browsers        the journey in Firefox and WebKit and axe on every page: all schemes, widths, brands"
	@echo "make pictures             README's pictures anew, from a journey through the portal as it is, and those of the mails"
	@echo "make faults               kills, freezes and starves real processes, then checks every invariant"
	@echo "make check-one T=tests/unit/x.py   one file or test, no set-up beyond the first"
	@echo "make bench [P7]           the portal beside its peers on this machine: which performance goals it meets"
	@echo "make migration NAME='add people.locale'   a new revision from the difference between models and migrations"
	@echo "make sbom                 what is deployed, as a CycloneDX list with hashes: var/sbom.json"
	@echo "make audit                compares what is locked with databases of known vulnerabilities, where one can be reached"
	@echo "make docs                 writes the documentation pages that follow from the code"
	@echo "make lint | format | lock | clean"

demo:
	@sh scripts/install requirements-demo.txt
	@PEOPLE=$(PEOPLE) exec $(PY) -m demo $(ARGS)

# The demo; a part restarts when its Python, templates or static files change.
dev:
	@sh scripts/install requirements-demo.txt
	@exec $(PY) -m demo --reload $(ARGS)

test:
	@sh scripts/install requirements-dev.txt
	@sh scripts/test-tools
	@sh scripts/check $(ARGS)

# A journey takes about half a minute; `make test` runs one in each engine.
test-browsers:
	@sh scripts/install requirements-dev.txt
	@sh scripts/browser
	@sh scripts/browser-engines
	@exec $(PY) -m pytest -q -m matrix tests/browsers tests/e2e $(ARGS)

pictures:
	@sh scripts/install requirements-dev.txt
	@sh scripts/browser
	@exec $(PY) -m tests.pictures

test-fast:
	@sh scripts/install requirements-dev.txt
	@sh scripts/front-end-tools
	@sh scripts/test-fast $(ARGS)

# With those that `make test` leaves out because they take minutes each.
faults:
	@sh scripts/install requirements-dev.txt
	@sh scripts/faketime
	@exec $(PY) -m pytest -q -m faults tests/faults $(ARGS)

check-one:
	@test -n "$(T)" || { echo "Say which: make check-one T=tests/unit/..." >&2; exit 2; }
	@sh scripts/install requirements-dev.txt
	@exec $(PY) -m pytest -q $(T)

lint:
	@sh scripts/install requirements-dev.txt
	@sh scripts/front-end-tools
	@sh scripts/lint

format:
	@sh scripts/install requirements-dev.txt
	@sh scripts/front-end-tools
	@$(PY) -m ruff check --fix-only --quiet $(SOURCES)
	@$(PY) -m ruff format $(SOURCES)
	@var/front-end/node_modules/.bin/biome check --write

# Without the environment's own indexes and wheel folders, so that the result is the same everywhere.
LOCK := env -u UV_FIND_LINKS -u UV_INDEX -u UV_EXTRA_INDEX_URL -u PIP_FIND_LINKS -u PIP_EXTRA_INDEX_URL \
	.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	--no-config $(if $(UPGRADE),--upgrade,)

lock:
	@sh scripts/install requirements-dev.txt
	@$(LOCK) pyproject.toml -o requirements.txt
	@$(LOCK) pyproject.toml --group demo -c requirements.txt -o requirements-demo.txt
	@$(LOCK) pyproject.toml --group dev -c requirements-demo.txt -o requirements-dev.txt
	@$(LOCK) --group scan -o requirements-scan.txt
	@$(LOCK) --group canaille -o tests/integration/providers/canaille/requirements.txt
	@$(LOCK) --group django-oauth-toolkit -o tests/integration/providers/django_oauth_toolkit/requirements.txt
	@sh scripts/npm-lock

# Made from the lock alone, so that it says the same on every machine. The tool gets an environment of its own.
sbom:
	@sh scripts/install requirements-dev.txt
	@mkdir -p var
	@PYTHONWARNINGS=ignore .venv/bin/uv tool run --quiet --from cyclonedx-bom==7.5.0 cyclonedx-py requirements requirements.txt \
		--pyproject pyproject.toml --output-reproducible --of JSON -o var/sbom.json
	@echo "var/sbom.json"

# Advisory: exits 1 when something is known, 2 when no database could be reached.
audit:
	@sh scripts/install requirements-dev.txt
	@sh scripts/audit

docs:
	@PYTHONPATH=. $(PY) -m scripts.generate_docs

# Compares the models with the migrations on an embedded PostgreSQL and writes what is missing.
migration:
	@sh scripts/install requirements-dev.txt
	@PYTHONPATH=. $(PY) scripts/migration.py "$(NAME)"

clean:
	rm -rf .venv var .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist

# Collects the words of code and templates; afterwards translate what is empty in the .po files and run it again.
words:
	@mkdir -p var
	@.venv/bin/pybabel --quiet extract -F translations/babel.cfg -k _l -k _lp:1c,2 -k CheckText --no-location --sort-output -w 110 \
		-o var/messages.pot .
	@.venv/bin/pybabel --quiet update -i var/messages.pot -d translations --no-fuzzy-matching --ignore-obsolete \
		--ignore-pot-creation-date -w 110
	@.venv/bin/pybabel compile -d translations --statistics

# `make bench` measures everything, `make bench P7` or `make bench ARGS=P7` one goal; takes about twelve minutes.
bench:
	@sh scripts/install requirements-demo.txt
	@exec $(PY) -m bench $(ARGS) $(filter-out bench,$(MAKECMDGOALS))

ifeq (bench,$(firstword $(MAKECMDGOALS)))
.PHONY: $(filter-out bench,$(MAKECMDGOALS))
$(filter-out bench,$(MAKECMDGOALS)):
	@:
endif
