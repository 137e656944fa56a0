"""Runs the tests: `make test`, `make check` (--quick, a fast part), `make test-all` (--all).

`make test` runs the tests on SQLite. Beside them it runs those that use the database on PostgreSQL,
if a server answers: TEST_DATABASE_URL names it, by default the one at 127.0.0.1:5432.
`make test-all` adds the tests marked `exhaustive` and walks everything that the others only sample
(`tests/schemas/laws.py`). Further arguments are passed to the first pytest.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from typing import IO

from bench.stage.browser import find_program

QUICK = "not browser and not system and not exhaustive and not live"
# The tests that query the database; the others need no database or start whole Vitrines.
QUERYING = """
    api/assistants/test_spending.py api/fal_proxy/test_parts.py api/resources/test_boards.py edges
    accounts boards/runs boards/trials config core flows/account flows/execution notifications
    catalog/admin catalog/changelog catalog/curation catalog/filters catalog/related
    catalog/search catalog/sync catalog/views training/views
    playground/admin playground/display/navigation playground/views runs
"""
DEFAULT = "postgres://postgres@127.0.0.1:5432/postgres"


def find_postgresql() -> str:
    """Return the URL of a PostgreSQL server that answers, or an empty string.

    Exits with a message if TEST_DATABASE_URL is set and the server does not answer.
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


def run_pytest(
    name: str,
    *arguments: str,
    processes: int = 5,
    output: IO[bytes] | None = None,
    **environment: str,
) -> int:
    """Run pytest in more processes than there are cores, since tests wait for part of their time.

    Prints to `output`, by default the terminal. Returns pytest's exit code.
    """
    started = time.monotonic()
    print(f"== {name}", flush=True)
    options = ["-q", "-n", str(processes), "--dist", "loadscope"]
    plugins = ["-p", "tests.slowest_files"]
    command = [sys.executable, "-m", "pytest", *options, *plugins, *arguments]
    # Bytecode compiled by one process is used by the other pass and by every started program.
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": ""} | environment
    code = subprocess.run(command, env=environment, stdout=output, check=False).returncode
    print(f"== {name}: {time.monotonic() - started:.0f} s", flush=True)
    return code


def run_on_both_databases(url: str, selection: str, arguments: list[str]) -> int:
    """Run both passes at the same time; the output of the one on PostgreSQL is printed last."""
    with tempfile.TemporaryFile() as output, ThreadPoolExecutor(1) as pool:
        on_postgresql = pool.submit(
            run_pytest,
            "PostgreSQL",
            *("-m", f"not browser and {selection}"),
            *(f"tests/{room}" for room in QUERYING.split()),
            processes=2,
            output=output,
            VITRINE_TEST_DATABASE_URL=url,
        )
        code = run_pytest("SQLite and Chromium", "-m", selection, *arguments)
        code = max(code, on_postgresql.result())
        output.seek(0)
        print("== PostgreSQL", output.read().decode(errors="replace"), sep="\n", flush=True)
        return code


def main(arguments: list[str]) -> int:
    """Return 0 if every test passed on every database."""
    rest = [argument for argument in arguments if argument not in {"--quick", "--all"}]
    if "--quick" in arguments:
        # These tests hardly wait, and each process first imports and collects everything.
        return run_pytest("SQLite, without a browser", *("-m", QUICK, *rest), processes=3)
    selection = "not exhaustive and not live"
    if "--all" in arguments:
        selection = "not live"
        os.environ["VITRINE_TEST_ALL"] = "1"  # `sample` in tests/schemas/laws.py takes all
    print(f"== Browser: {find_program()}", flush=True)
    if url := find_postgresql():
        return run_on_both_databases(url, selection, rest)
    print("== PostgreSQL: none answers at 127.0.0.1:5432; set TEST_DATABASE_URL to test on one")
    return run_pytest("SQLite and Chromium", "-m", selection, *rest)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
