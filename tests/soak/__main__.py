"""`make soak`: every fault at every step of a run, then pairs of faults.

Prints a table of the single faults.

SOAK_MINUTES is the duration (5): each fault once, then random pairs for the remaining time.
SOAK_ONLY selects faults by a word in their name (all), SOAK_SEED is the random seed of the pairs,
to repeat them. On SQLite in a temporary folder; on PostgreSQL if TEST_DATABASE_URL names a server.
If PostgreSQL's programs are installed, the soak test starts a server of its own, which it also
restarts; else it creates a database on the named server.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
import traceback
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from tests.soak.cluster import Cluster, binaries

if TYPE_CHECKING:
    from tests.soak.cases import Case

Table = dict["Case", Counter[str]]


def main() -> int:
    """Return 0 if every run ended as it may."""
    minutes = float(os.environ.get("SOAK_MINUTES", "5"))
    with tempfile.TemporaryDirectory(prefix="vitrine-soak-", ignore_cleanup_errors=True) as folder:
        url = os.environ.get("TEST_DATABASE_URL") or f"sqlite:///{folder}/soak.sqlite3"
        programs = binaries() if url.startswith("postgres") else None
        cluster = Cluster(programs, Path(folder) / "postgresql") if programs else None
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "VITRINE_TEST_DATABASE_URL": cluster.url if cluster else url,
        }
        import django
        from django.conf import settings

        django.setup()
        if cluster:  # our own commits must survive its crashes
            del settings.DATABASES["default"]["OPTIONS"]["options"]
        settings.MEDIA_ROOT = f"{folder}/media"
        try:
            return soak(Path(folder), minutes, cluster)
        finally:
            if cluster:
                cluster.stop()


def soak(scratch: Path, minutes: float, cluster: Cluster | None) -> int:
    """Play each case once, then pairs of cases until the time is over."""
    from django.db import connection

    from tests.soak.cases import all_cases, pairs
    from tests.soak.stage import Stage

    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    table: Table = defaultdict(Counter)
    ends: Counter[str] = Counter()
    until = time.monotonic() + minutes * 60
    seed = int(os.environ.get("SOAK_SEED") or random.randrange(10**6))
    broken: list[str] = []
    try:
        with Stage(scratch, cluster) as stage:
            cases = all_cases(may_restart=cluster is not None)
            for case in filter(_is_wanted, cases):
                table[case][_outcome(stage, case, broken)] += 1
            for case in pairs(cases, random.Random(seed)):
                if time.monotonic() > until:
                    break
                if _is_wanted(case):
                    ends[_outcome(stage, case, broken)] += 1
            lines = len(stage.unhandled())
    finally:
        connection.close()
    print(f"\n{sum(row.total() for row in table.values())} runs on {connection.vendor}\n")
    print(format_table(table))
    print(f"\n{ends.total()} pairs of seed {seed}: {_describe_row(ends)}.")
    print(f"Broken promises: {len(broken)}. Lines in the logs that nobody had thought of: {lines}.")
    for text in broken:
        print(text)
    return bool(broken or lines)


def _is_wanted(case: Case) -> bool:
    return os.environ.get("SOAK_ONLY", "") in str(case)


def _outcome(stage: object, case: Case, broken: list[str]) -> str:
    from tests.soak.cases import play
    from tests.soak.stage import Stage

    assert isinstance(stage, Stage)
    print(f"  {case} … ", end="", flush=True)
    try:
        ended = play(stage, case)
    except Exception as error:
        broken.append("".join(traceback.format_exception(error)[-2:]))
        ended = "BROKEN"
    print(ended, flush=True)
    return ended


def format_table(table: Table) -> str:
    """Return a table of faults by steps; each cell counts how the runs ended."""
    from tests.soak.cases import STEPS

    faults = list(dict.fromkeys(case.fault for case in table))
    cells = {(case.fault, case.step): _describe_row(row) for case, row in table.items()}
    rows = [["fault", *STEPS]]
    rows += [[fault, *(cells.get((fault, step), "") for step in STEPS)] for fault in faults]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    rows.insert(1, ["-" * width for width in widths])
    return "\n".join(
        "| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + " |"
        for row in rows
    )


def _describe_row(row: Counter[str]) -> str:
    return ", ".join(f"{count} {ended}" for ended, count in row.items())


if __name__ == "__main__":
    sys.exit(main())
