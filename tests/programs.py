"""Programs that some tests need, and that not every machine has or can install.

Tests whose program is missing are left out; at its end, `make test` says how many, and how to
install it.
"""

import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from functools import cache

import pytest

from tests.processes import ROOT

HOW_TO_GET = {
    "Chromium": "python -m playwright install chromium-headless-shell",
    "exiftool": "install exiftool (Debian: libimage-exiftool-perl)",
    "Firefox": "install Firefox (Debian: firefox-esr)",
    "make": "install make",
    "Node": "install Node 20 or newer, with npm",
    "package index": "let pip reach one, or name one in PIP_INDEX_URL",
    "pg_dump": "install PostgreSQL's client programs (Debian: postgresql-client)",
    "PgBouncer": "install pgbouncer, and start a PostgreSQL server",
    "PostgreSQL": "start a server at 127.0.0.1:5432, or name one in TEST_DATABASE_URL",
    "WebKit": "install WebKitGTK's driver and Xvfb (Debian: webkit2gtk-driver, xvfb)",
}


@cache
def is_there(program: str) -> bool:
    """Return whether this machine has the program."""
    if program == "Chromium":
        # imported here because it imports Playwright
        from tests.chromium import find_program

        return find_program() is not None
    if program in {"PgBouncer", "PostgreSQL"}:
        # imported here because it imports this module
        from tests.run import find_postgresql

        is_enough = program == "PostgreSQL" or shutil.which("pgbouncer")
        return bool(is_enough and find_postgresql())
    if program == "pg_dump" and not os.environ.get("VITRINE_TEST_DATABASE_URL"):
        return True  # the backup of a SQLite file needs no program
    if program == "package index":
        return _index_answers()
    if program == "Firefox":
        return bool(shutil.which("firefox-esr") or shutil.which("firefox"))
    names = {
        "exiftool": ["exiftool"],
        "make": ["make"],
        "Node": ["node", "npm"],
        "pg_dump": ["pg_dump", "pg_restore"],
        "WebKit": ["WebKitWebDriver", "Xvfb"],
    }[program]
    return all(shutil.which(name) for name in names)


def _index_answers() -> bool:
    """Return whether pip gets what installs the lock files, which it does not keep."""
    ask = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed"]
    quickly = ["--disable-pip-version-check", "--no-deps", "--retries=0", "--timeout=5"]
    lock = ROOT / "requirements" / "uv.txt"
    return subprocess.run([*ask, *quickly, "-r", lock], capture_output=True).returncode == 0


def needed_by(item: pytest.Item) -> set[str]:
    """Return the programs that a test needs, by its marks `needs` and `browser`."""
    named = {name for mark in item.iter_markers("needs") for name in mark.args}
    return named | ({"Chromium"} if item.get_closest_marker("browser") else set())


def missing_for(items: Iterable[pytest.Item]) -> tuple[list[pytest.Item], dict[str, int]]:
    """Return the tests that cannot run here, and how many need each missing program."""
    left_out, counts = [], Counter[str]()
    # tests/run.py has looked for it
    has_postgresql = os.environ.get("VITRINE_TEST_POSTGRESQL") != "none"
    for item in items:
        if item.get_closest_marker("both_databases") and not has_postgresql:
            counts["PostgreSQL"] += 1  # they still run on SQLite
        if missing := [name for name in sorted(needed_by(item)) if not is_there(name)]:
            left_out.append(item)
            counts[missing[0]] += 1
    return left_out, dict(counts)


def sentence(counts: dict[str, int]) -> str:
    """Return one line about the tests that were left out, and how to run them.

    Tests that need PostgreSQL have run on SQLite.
    """
    parts = [f"{count} need {name}: {HOW_TO_GET[name]}" for name, count in counts.items()]
    return f"Left out, since this machine lacks a program: {'; '.join(parts)}"
