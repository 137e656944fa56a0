"""G13: CPU and memory of all processes of `make run` when idle, and the worker's wake-up time.

A copy of the checkout is started as by a new user, with the bundled sandbox, and left alone until
its thumbnails are complete and helper processes have ended. CPU time is read over 30 s from
/proc/*/stat, memory as the proportional set size (PSS: shared pages count once) from
/proc/*/smaps_rollup. A wake-up is the time from a run's creation to its claim by the worker, both
read from its row; runs are posted seconds apart, so that the worker is idle each time. The
reference, in turns, is a plain commit of one row to a SQLite file with the same settings, which
shows how busy disk and machine were. Needs Linux.
"""

from __future__ import annotations

import random
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import httpx

from tests.bench.figures import Goal, at_most, at_most_above, median, table
from tests.bench.runs.posting import post_run
from tests.bench.stage.children import Broken
from tests.bench.stage.login import by_link
from tests.bench.stage.process_usage import TICKS_PER_S
from tests.bench.stage.product import Product
from tests.bench.stage.stage import Stage

MEASURED_S = 30.0
# Helper processes end ten seconds after their last use; an incomplete clip is retried after thirty.
SETTLE_S = 35.0
APART_S = (1.0, 2.0)  # seconds between two runs
MODEL = "sandbox/ridgeline"
NAMES = {
    "up": "supervisor",
    "config.server.serving": "web",
    "uvicorn": "web",
    "worker": "worker",
    "realtime": "realtime",
    "sandbox": "sandbox",
}
CPU, MEMORY, WAKE_UP_MS = 0.5, 300, 10


@dataclass(frozen=True)
class Usage:
    """The usage of one process: CPU seconds so far, current memory in MB."""

    name: str
    cpu_s: float
    pss_mb: float


def measure_goals(
    stage: Stage,
    rounds: int,
    is_full: bool,
    settle_s: float = SETTLE_S,
    measured_s: float = MEASURED_S,
) -> list[Goal]:
    """Return the results of G13."""
    product = Product(stage, "at-rest", has_own_sandbox=True)
    owner = httpx.Client(base_url=product.address, follow_redirects=True, timeout=60)
    by_link(owner, product.login)
    time.sleep(settle_s)
    shares, memory = at_rest(product.up.process.pid, measured_s)
    times, commits = wake_ups(product.checkout, owner, rounds)
    goals = [
        at_most("G13", "at rest: processor of all processes", shares, CPU, "% of a core"),
        at_most("G13", "at rest: memory (PSS) of all processes", memory, MEMORY, "MB"),
        at_most_above(
            *("G13", "wake-up: run stored to claimed, p50", median(times), median(commits)),
            *(WAKE_UP_MS, "ms", "a bare commit"),
        ),
    ]
    owner.close()
    product.up.stop()
    return goals


def at_rest(pid: int, measured_s: float) -> tuple[float, float]:
    """Return the CPU in percent of a core and the MB of all processes over an idle time.

    Prints those of each process.
    """
    before = usages(pid)
    time.sleep(measured_s)
    after = usages(pid)
    rows, total = [], 0.0
    for number, usage in after.items():
        was_s = before[number].cpu_s if number in before else 0.0
        share = 100 * (usage.cpu_s - was_s) / measured_s
        total += share
        rows.append([usage.name, f"{share:.2f}", f"{usage.pss_mb:.1f}"])
    memory = sum(usage.pss_mb for usage in after.values())
    rows.append(["together", f"{total:.2f}", f"{memory:.1f}"])
    print(table(["at rest", "% of a core", "PSS MB"], rows), flush=True)
    return total, memory


def usages(pid: int) -> dict[int, Usage]:
    """Return the usage of a process and its descendants, by process id."""
    by_pid = {}
    for number in sorted(tree(pid)):
        with suppress(OSError, IndexError):  # the process has just ended
            folder = Path(f"/proc/{number}")
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            cpu_s = (int(fields[11]) + int(fields[12])) / TICKS_PER_S
            rollup = re.search(r"^Pss:\s+(\d+)", (folder / "smaps_rollup").read_text(), re.M)
            arguments = (folder / "cmdline").read_text().split("\0")
            name = next((NAMES[word] for word in arguments if word in NAMES), arguments[-2])
            by_pid[number] = Usage(name, cpu_s, int(rollup[1]) / 1024 if rollup else 0.0)
    return by_pid


def tree(pid: int) -> Iterator[int]:
    """Yield a process and its descendants."""
    yield pid
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from tree(int(child))


def wake_ups(checkout: Path, owner: httpx.Client, rounds: int) -> tuple[list[float], list[float]]:
    """Return the milliseconds from each run's creation until an idle worker claims it.

    The second list has those of plain commits.
    """
    commits = []
    for _ in range(rounds):
        time.sleep(random.uniform(*APART_S))
        post_run(owner, MODEL, {"prompt": "a run after a rest"})
        commits.append(bare_commit(checkout / "var" / "bare.sqlite3"))
    time.sleep(APART_S[1])
    with closing(sqlite3.connect(checkout / "var" / "vitrine.sqlite3")) as database:
        rows = database.execute("SELECT created_at, sent_at FROM playground_run").fetchall()
    if len(rows) < rounds or not all(sent for _, sent in rows):
        raise Broken(f"{rounds} runs were posted, and not all were sent: {rows}")
    return [between_ms(created, sent) for created, sent in rows], commits


def bare_commit(file: Path) -> float:
    """Return the milliseconds until one row is on disk."""
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        database.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;")
        database.execute("CREATE TABLE IF NOT EXISTS bare (x text)")
        began = time.perf_counter()
        database.execute("INSERT INTO bare VALUES ('a run')")
        return 1000 * (time.perf_counter() - began)


def between_ms(start: str, end: str) -> float:
    """Return the milliseconds between two ISO 8601 times, both in UTC, which databases omit."""
    first, last = (datetime.fromisoformat(text).replace(tzinfo=None) for text in (start, end))
    return (last - first).total_seconds() * 1000
