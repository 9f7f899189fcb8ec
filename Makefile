# Everything that a person types starts here; `make` alone lists it.
#
# Each step leaves a stamp or its product behind and is skipped until what it was made from changes.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.SUFFIXES:
MAKEFLAGS += --no-print-directory --no-builtin-rules

BIN := .venv/bin
INSTALL := -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all:
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard translations/*/LC_MESSAGES/messages.po))
ASSETS := static/vendor/SHA256SUMS static/vendor/fonts/SHA256SUMS
ARGS ?=
ENGINE ?= both

## Use

run: setup ## Install what is missing, prepare the database, start web and scheduler (PORT=8000); Ctrl-C stops both
	@$(BIN)/flask --app app prepare
	@exec $(BIN)/python deploy/supervisor.py --with-parent

setup: .stamps/run $(ASSETS) $(CATALOGUES) ## Everything `make run` needs, without starting it

ocr: .stamps/ocr ## Install scan reading: recognition of text in pictures (350 MB; reading one scan takes about 1 GB of memory)

demo: setup .stamps/test ## Walk one agreement through its whole life and print each step
	@$(BIN)/python -m tests.walk $(ARGS)

## Work

CHECKS := formatted linted typed floors templates catalogues locks

check: .stamps/test ## Format, lint, types, floors, templates, catalogues, lock files; tells every fault, not only the first
	@$(MAKE) --keep-going $(CHECKS)

formatted:
	@echo "ruff format"; $(BIN)/ruff format --quiet --check --output-format concise .
linted:
	@echo "ruff check"; $(BIN)/ruff check --quiet .
typed:
	@echo "mypy --strict"; $(BIN)/mypy --no-error-summary
floors:
	@echo "lint-imports"; $(BIN)/lint-imports --no-logo
templates:
	@echo "djlint"; $(BIN)/djlint --quiet --lint templates
catalogues:
	@echo "catalogues"; $(BIN)/python deploy/check_catalogues.py
locks:
	@echo "lock files"; ! grep '==' requirements.lock | grep -vxFf requirements-test.lock

format: .stamps/test ## Format the code in place
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix-only --quiet .

test: setup .stamps/test ## All tests but the long ones (ARGS="-k name" picks some; ENGINE=sqlite or postgresql, else both)
	@status=0; $(BIN)/pytest --engine $(ENGINE) -m "not soak" -n auto --dist loadfile --no-loadscope-reorder $(ARGS) || status=$$?; \
	deploy/find_chromium >/dev/null || echo "The browser tests did not run, no Chromium is here: apt-get install chromium fonts-noto-cjk"; \
	exit $$status

soak: setup .stamps/test ## The long tests
	@$(BIN)/pytest --engine $(ENGINE) -m soak $(ARGS)

lock: ## Resolve the lock files from pyproject.toml and package.json (a minute; UPGRADE=--upgrade takes newer versions)
	@deploy/lock

clean: ## Remove what was installed or built; instance/ with its data stays
	rm -rf .venv .venv-node node_modules static/vendor .stamps .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	rm -f $(CATALOGUES)

help: ## This list
	@awk -F ':.*## ' '/^## /{print "\n" substr($$0, 4)} /^[a-z]+:.*## /{printf "  make %-7s %s\n", $$1, $$2}' Makefile

.PHONY: run setup ocr demo check $(CHECKS) format test soak lock clean help

# What the above stand on.

.venv/created:
	@for python in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
	    if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	        echo "Creating .venv with $$($$python -V)"; \
	        $$python -m venv .venv && touch $@ && exit; \
	        echo "Python's venv module failed; on Debian: apt-get install python3-venv" >&2; exit 1; \
	    fi; \
	done; \
	echo "Python 3.11 or newer is needed and was not found; name it: PYTHON=/path/to/python3 make run" >&2; exit 1

.stamps/run: requirements.lock .venv/created
	@echo "Installing the locked Python packages (about 40 s)"
	@$(BIN)/python $(INSTALL) -r requirements.lock
	@mkdir -p .stamps && touch $@

.stamps/test: requirements-test.lock .venv/created
	@echo "Installing the locked Python packages and test tools (about a minute)"
	@$(BIN)/python $(INSTALL) -r requirements-test.lock
	@mkdir -p .stamps && touch $@ .stamps/run # holds all of requirements.lock, which `make check` checks

.stamps/ocr: requirements-ocr.lock .stamps/run
	@echo "Installing scan reading (about a minute)"
	@$(BIN)/python $(INSTALL) -r requirements-ocr.lock
	@mkdir -p .stamps && touch $@

node_modules/.package-lock.json: package.json package-lock.json .npmrc | .venv/created
	@echo "Fetching browser assets and the font with npm (about 10 s)"
	@deploy/npm ci --ignore-scripts --loglevel=error
	@touch $@

# Wanted only while static/vendor/ is built: may be deleted afterwards.
.SECONDARY: node_modules/.package-lock.json

static/vendor/SHA256SUMS: node_modules/.package-lock.json deploy/build_static.py deploy/vendor.toml deploy/icons.txt \
    $(wildcard deploy/licences/*) | .venv/created
	@echo "Placing browser assets in static/vendor/"
	@$(BIN)/python deploy/build_static.py

static/vendor/fonts/SHA256SUMS: node_modules/.package-lock.json deploy/build_fonts.py deploy/rare_characters.txt \
    | .stamps/run static/vendor/SHA256SUMS # which checked the font's hash
	@echo "Cutting the document font to GB2312 and rare names (a few seconds)"
	@$(BIN)/python deploy/build_fonts.py

translations/%.mo: translations/%.po | .stamps/run
	@echo "Compiling $<"
	@$(BIN)/pybabel --quiet compile --input-file $< --output-file $@
