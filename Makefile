# The whole life of the project in a few words: run, test, lint, bench, lock.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
CHROMIUM := $(shell command -v chromium-headless-shell || command -v chromium || command -v chromium-browser || command -v google-chrome)
export PORT

.PHONY: run test soak lint bench format lock clean

run: $(VENV)/run.stamp
	@exec $(BIN)/python manage.py up

test: $(VENV)/dev.stamp chromium
	@$(BIN)/python -m tests.run

# Every fault at every step of a run, then two at a time, for SOAK_MINUTES (5); on PostgreSQL by TEST_DATABASE_URL; some by SOAK_ONLY.
soak: $(VENV)/dev.stamp
	@$(BIN)/python -m tests.soak

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/dev.stamp chromium
	@$(BIN)/python -m bench

format: $(VENV)/dev.stamp
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Chromium (its headless shell, where there is one) comes from the system or from Debian's package; nothing is downloaded from anywhere else.
.PHONY: chromium
chromium:
ifeq ($(CHROMIUM),)
	@echo "Installing Chromium (Debian's package) for the browser tests"
	@SUDO=$$([ "$$(id -u)" = 0 ] || echo sudo); $$SUDO apt-get update -qq && \
	  export DEBIAN_FRONTEND=noninteractive && \
	  { $$SUDO apt-get install -y -qq chromium-headless-shell || $$SUDO apt-get install -y -qq chromium; } >/dev/null
endif

$(VENV)/run.stamp: requirements/run.txt
	@$(PYTHON) -c 'import sys; sys.exit("Vitrine needs Python 3.11 or newer; this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else 0'
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV)
	@echo "Installing what Vitrine needs (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/run.txt
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/run.stamp
	@echo "Installing what the tests need (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/dev.txt
	@touch $@

# Writes the two lock files anew, hashes and all, from pyproject.toml.
lock: $(VENV)/run.stamp
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile -q pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header -o requirements/run.txt
	$(BIN)/uv pip compile -q pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-header -c requirements/run.txt -o requirements/dev.txt

clean:
	rm -rf $(VENV) var staticfiles
