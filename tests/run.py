"""`make test`: the whole suite on SQLite, and what touches the database on PostgreSQL, if one answers.

TEST_DATABASE_URL names the PostgreSQL server; without it the one at 127.0.0.1:5432 is tried.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from typing import IO, NamedTuple

DEFAULT = "postgres://postgres@127.0.0.1:5432/postgres"
TOUCHES_DATABASE = ["tests/catalog", "tests/playground", "tests/config"]
PURE = {  # what asks no database, or brings one of its own
    "catalog": ["bitmaps", "drawing", "facts", "highlight", "picture_files", "spelling", "words"],
    "playground": ["any_document", "forms", "gathering", "laws", "pacing"],
    "config": ["documents", "settings", "up"],
}


class Pass(NamedTuple):
    """A run of pytest under way."""

    name: str
    process: subprocess.Popen[bytes]
    output: IO[bytes] | None
    started: float


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


def start(name: str, processes: int, *arguments: str, **environment: str) -> Pass:
    """Begin a run of pytest; what it prints is kept for the end unless it is the first."""
    command = [sys.executable, "-m", "pytest", "-q", "-n", str(processes), "--dist", "loadfile"]
    output = tempfile.TemporaryFile() if environment else None  # noqa: SIM115  `finish` reads it
    process = subprocess.Popen([*command, *arguments], env=os.environ | environment, stdout=output)
    return Pass(name, process, output, time.monotonic())


def finish(one: Pass) -> int:
    """Wait for a run of pytest and show what it kept; its exit code."""
    code = one.process.wait()
    print(f"== {one.name}: {time.monotonic() - one.started:.0f} s", flush=True)
    if one.output:
        one.output.seek(0)
        sys.stdout.buffer.write(one.output.read())
        sys.stdout.flush()
    return code


def main() -> int:
    """0 when everything passed everywhere. Both databases at once: half of the time is waiting."""
    passes = [start("SQLite and Chromium", 3, *sys.argv[1:])]
    if url := postgresql():
        ignored = [
            f"--ignore=tests/{folder}/test_{name}.py"
            for folder, names in PURE.items()
            for name in names
        ]
        chosen = ["-m", "not browser and not live", *ignored, *TOUCHES_DATABASE]
        passes.append(start("PostgreSQL", 2, *chosen, VITRINE_TEST_DATABASE_URL=url))
    else:
        print("== PostgreSQL: none answers at 127.0.0.1:5432; set TEST_DATABASE_URL to test on one")
    return max([finish(one) for one in passes])


if __name__ == "__main__":
    sys.exit(main())
