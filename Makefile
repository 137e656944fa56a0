# Every command of the project; `make help` lists them from the comments behind the targets.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
export PORT

.PHONY: help run check quick-tests test test-all mutants pythons production-check clients soak lint static-checks sbom bench format lock clean reset chromium exiftool other-browsers

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

run: $(VENV)/run.stamp ## start Vitrine; prints a link that logs you in
	@exec $(BIN)/python manage.py up

# Side by side: neither keeps two cores busy. -O shows what each static check prints in one piece.
check: $(VENV)/dev.stamp ## the loop while writing: linters, types, contracts, quick tests on SQLite
	@$(MAKE) --no-print-directory -j2 -O static-checks quick-tests

quick-tests: $(VENV)/dev.stamp
	+@$(BIN)/python -m tests.run --quick # the plus: not held back by -O until its end

test: $(VENV)/dev.stamp chromium exiftool ## the tests: with Chromium, and where a PostgreSQL answers some on both
	@$(BIN)/python -m tests.run

test-all: $(VENV)/dev.stamp chromium exiftool other-browsers ## every test, on both databases, and others' clients: every night, before a release
	@$(BIN)/python -m tests.run --all
	@$(MAKE) --no-print-directory clients

mutants: $(VENV)/dev.stamp chromium exiftool ## break the product at 40 random places; how many of them the tests notice
	@$(BIN)/python -m tests.mutants

production-check: $(VENV)/dev.stamp ## the shape of docs/OPERATING.md on this machine: used by 200 people, restarted, broken
	@sh tests/production/install.sh
	@$(BIN)/python -m tests.production

clients: $(VENV)/dev.stamp ## unmodified clients of others (fal's, LiteLLM, OpenAI's, …) against a whole Vitrine
	@sh tests/clients/install.sh
	@$(BIN)/python -m tests.clients

# One environment for each, beside the one that `make run` uses.
pythons: ## linters and tests on every Python from 3.11 to 3.14 that this machine has
	@for minor in 11 12 13 14; do \
	  python=$$(command -v python3.$$minor) || continue; \
	  echo "== Python 3.$$minor"; \
	  $(MAKE) --no-print-directory PYTHON=$$python VENV=.venv-3.$$minor lint test || exit 1; \
	done

# Runs for SOAK_MINUTES (5), on TEST_DATABASE_URL if it is set; SOAK_ONLY chooses cases.
soak: $(VENV)/dev.stamp ## every fault at every step of a run, then two at a time
	@$(BIN)/python -m tests.soak

lint: static-checks ## linters, formatters, types, import contracts, and an audit of the packages
	@$(BIN)/python -m tests.audit

static-checks: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djangofmt --quiet --check templates
	$(BIN)/djangofmt --quiet --check --profile jinja templates/playground/form/*.jinja
	$(BIN)/oxfmt --check static/css static/js
	$(BIN)/lint-imports
	$(BIN)/python -m tests.presses
	$(BIN)/python -m tests.patterns
	$(BIN)/python -m tests.words
	$(BIN)/python -m tests.migrations
	$(BIN)/mypy --num-workers 2

sbom: $(VENV)/run.stamp ## the packages of an installation (CycloneDX) and their licences, in var/sbom/
	@$(BIN)/python -m tests.sbom

bench: $(VENV)/dev.stamp chromium ## measure the goals of docs/BENCHMARKS.md
	@$(BIN)/python -m tests.bench

format: $(VENV)/dev.stamp ## format everything
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/djangofmt --quiet templates
	$(BIN)/djangofmt --quiet --profile jinja templates/playground/form/*.jinja
	$(BIN)/oxfmt static/css static/js

# Debian's chromium-headless-shell: it draws no windows, so the browser tests take half the time that
# a full Chromium needs. Where the package cannot be installed (without a prompt for a password), a
# full one that is there, else the one of `playwright install`.
chromium: $(VENV)/dev.stamp
	@command -v chromium-headless-shell >/dev/null || sh tests/install_chromium.sh $(BIN)/python

other-browsers:
	@command -v firefox-esr >/dev/null && command -v WebKitWebDriver >/dev/null && \
	  command -v Xvfb >/dev/null || sh tests/install_other_browsers.sh

# Judges whether files for blind votes are free of metadata; it knows more formats than any library.
exiftool:
	@command -v exiftool >/dev/null || sh tests/install_exiftool.sh

# After an upgrade of the system the environment's Python may be gone, or be one without packages.
ifneq ($(shell $(BIN)/python -c 'import os, sysconfig; print(os.path.isdir(sysconfig.get_path("purelib")))' 2>/dev/null),True)
.PHONY: $(VENV)/run.stamp
endif

# Made anew with each lock file: what has left the lock would stay otherwise.
$(VENV)/run.stamp: requirements/run.txt
	@$(PYTHON) -c 'import sys; sys.exit("Vitrine needs Python 3.11 or newer; this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else 0'
	@$(PYTHON) -m venv --clear $(VENV)
	@echo "Installing what Vitrine needs (once)"
	@sh requirements/install.sh $(BIN)/python run.txt
	@# As pip compiles packages: with PYTHONDONTWRITEBYTECODE set, each process would do it in memory.
	@$(BIN)/python -m compileall -q -x '/(\.venv[^/]*|tests|var)/' .
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/run.stamp
	@echo "Installing what the tests need (once)"
	@sh requirements/install.sh $(BIN)/python dev.txt
	@touch $@

lock: $(VENV)/run.stamp ## write the lock files, with hashes, from pyproject.toml
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/uv.txt
	$(BIN)/uv pip compile -q --group installer --universal --python-version 3.11 --generate-hashes --no-header -o requirements/uv.txt
	$(BIN)/uv pip compile -q --group sbom --universal --python-version 3.11 --generate-hashes --no-header -o requirements/sbom.txt
	$(BIN)/uv pip compile -q pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header -o requirements/run.txt
	$(BIN)/uv pip compile -q pyproject.toml --extra s3 --universal --python-version 3.11 --generate-hashes --no-header -c requirements/run.txt -o requirements/image.txt
	$(BIN)/uv pip compile -q pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-header -c requirements/run.txt -o requirements/dev.txt
	for name in tests/clients/locks/*.in; do $(BIN)/uv pip compile -q $$name --universal --python-version 3.11 --generate-hashes --no-header -o $${name%.in}.txt || exit 1; done

clean: ## delete what is built: the environment, collected static files, caches
	rm -rf $(VENV) var/static .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

reset: ## delete the data in var/, too: database, results, secrets; asks first
	@printf 'Delete database, results, uploads and secrets in %s/var for ever? [y/N] ' '$(CURDIR)'; \
	read -r answer; \
	[ "$$answer" = y ] || { echo 'Nothing was deleted.'; exit 1; }
	@$(MAKE) --no-print-directory clean
	rm -rf var
