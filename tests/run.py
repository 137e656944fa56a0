"""`make test`: the whole suite on SQLite, then what touches the database on PostgreSQL, if one answers.

TEST_DATABASE_URL names the PostgreSQL server; without it the one at 127.0.0.1:5432 is tried.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

# What has rows; the rest is free of Django, which test_map.py sees to, or starts whole Vitrines.
WITH_ROWS = ["-m", "not browser and not live", "tests/catalog", "tests/config", "tests/playground"]
DEFAULT = "postgres://postgres@127.0.0.1:5432/postgres"


def postgresql() -> str:
    """The address of a PostgreSQL server that answers, or nothing."""
    import psycopg

    url = os.environ.get("TEST_DATABASE_URL", DEFAULT)
    try:
        psycopg.connect(url, connect_timeout=3).close()
    except psycopg.OperationalError as error:
        if "TEST_DATABASE_URL" in os.environ:
            sys.exit(f"TEST_DATABASE_URL does not answer: {error}")
        return ""
    return url


def pytest(name: str, *arguments: str, **environment: str) -> int:
    """Run pytest with four processes, as some of the time is waiting; its exit code."""
    started = time.monotonic()
    print(f"== {name}", flush=True)
    ways = ["-q", "-n", "4", "--dist", "loadfile", "--no-loadscope-reorder"]
    command = [sys.executable, "-m", "pytest", *ways, *arguments]
    # What one process has compiled, the other pass and every program under test need not.
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": ""} | environment
    code = subprocess.run(command, env=environment, check=False).returncode
    print(f"== {name}: {time.monotonic() - started:.0f} s", flush=True)
    return code


def main() -> int:
    """0 when everything passed everywhere."""
    codes = [pytest("SQLite and Chromium", *sys.argv[1:])]
    if url := postgresql():
        codes.append(pytest("PostgreSQL", *WITH_ROWS, VITRINE_TEST_DATABASE_URL=url))
    else:
        print("== PostgreSQL: none answers at 127.0.0.1:5432; set TEST_DATABASE_URL to test on one")
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
