"""Runs the test suite: `make test` everything, `make check` (--quick) what the loop needs.

`make test` runs all tests on SQLite, then those that use the database on PostgreSQL, where one
answers: TEST_DATABASE_URL names the server, by default the one at 127.0.0.1:5432. Further arguments
go to the first pytest.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

from bench.browser import find_program

QUICK = "not browser and not system and not live"
# The folders whose tests have rows; other tests need no Django or start whole Vitrines.
ON_POSTGRESQL = [
    *("-m", "not browser and not live"),
    *("tests/accounts", "tests/catalog", "tests/config", "tests/core", "tests/playground"),
]
DEFAULT = "postgres://postgres@127.0.0.1:5432/postgres"


def find_postgresql() -> str:
    """The address of a PostgreSQL server that answers, or an empty string.

    Exits with a message if TEST_DATABASE_URL is set and does not answer.
    """
    import psycopg

    url = os.environ.get("TEST_DATABASE_URL", DEFAULT)
    try:
        psycopg.connect(url, connect_timeout=3).close()
    except psycopg.OperationalError as error:
        if "TEST_DATABASE_URL" in os.environ:
            sys.exit(f"TEST_DATABASE_URL does not answer: {error}")
        return ""
    return url


def run_pytest(name: str, *arguments: str, **environment: str) -> int:
    """Run pytest with four processes, as some of the time is waiting; return its exit code."""
    started = time.monotonic()
    print(f"== {name}", flush=True)
    options = ["-q", "-n", "4", "--dist", "loadgroup", "--no-loadscope-reorder"]
    plugins = ["-p", "tests.slowest_files"]
    command = [sys.executable, "-m", "pytest", *options, *plugins, *arguments]
    # Bytecode that one process has compiled saves the other pass and every started program work.
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": ""} | environment
    code = subprocess.run(command, env=environment, check=False).returncode
    print(f"== {name}: {time.monotonic() - started:.0f} s", flush=True)
    return code


def main(arguments: list[str]) -> int:
    """Return 0 if every test passed on every database."""
    if "--quick" in arguments:
        rest = [argument for argument in arguments if argument != "--quick"]
        return run_pytest("SQLite, without a browser", "-m", QUICK, *rest)
    print(f"== Browser: {find_program()}", flush=True)
    codes = [run_pytest("SQLite and Chromium", *arguments)]
    if url := find_postgresql():
        codes.append(run_pytest("PostgreSQL", *ON_POSTGRESQL, VITRINE_TEST_DATABASE_URL=url))
    else:
        print("== PostgreSQL: none answers at 127.0.0.1:5432; set TEST_DATABASE_URL to test on one")
    return max(codes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
