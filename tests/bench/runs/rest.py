"""G13: CPU and memory of all processes of `make run` when idle, and the worker's wake-up time.

A copy of the checkout is started as by a new user, with the bundled sandbox, and left alone until
its thumbnails are complete and helper processes have ended. CPU time is read over 30 s from
/proc/*/stat, memory as the proportional set size (PSS: shared pages count once) from
/proc/*/smaps_rollup. A wake-up is the time from a run's creation to its claim by the worker, both
read from its row; runs are posted seconds apart, so that the worker is idle each time. The
reference, in turns, is a plain commit of one row to a SQLite file with the same settings, which
shows how busy disk and machine were. Needs Linux.
"""

import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

import httpx

from tests.bench.figures import Goal, at_most, at_most_above, median, table
from tests.bench.runs.posting import post_run
from tests.bench.stage.process_usage import in_mb, usage_of
from tests.bench.stage.stage import Broken, Product, Stage

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


def measure_goals(
    stage: Stage,
    rounds: int,
    is_full: bool,
    settle_s: float = SETTLE_S,
    measured_s: float = MEASURED_S,
) -> list[Goal]:
    """Return the results of G13."""
    product = Product(stage, "at-rest", has_own_sandbox=True)
    with product.client() as owner:
        time.sleep(settle_s)
        share, memory = at_rest(product.up.process.pid, measured_s)
        times, commits = wake_ups(product.checkout, owner, rounds)
    product.up.stop()
    what = "wake-up: run stored to claimed, p50"
    return [
        at_most("G13", "at rest: processor of all processes", share, CPU, "% of a core"),
        at_most("G13", "at rest: memory (PSS) of all processes", memory, MEMORY, "MB"),
        at_most_above(
            "G13", what, median(times), median(commits), WAKE_UP_MS, "ms", "a bare commit"
        ),
    ]


def at_rest(pid: int, measured_s: float) -> tuple[float, float]:
    """Return the CPU in percent of a core and the MB of all processes over an idle time.

    Prints those of each process.
    """
    before = {number: usage_of(number).cpu_s for number in tree(pid)}
    time.sleep(measured_s)
    rows, total, memory = [], 0.0, 0.0
    for number, cpu_s in before.items():
        share = 100 * (usage_of(number).cpu_s - cpu_s) / measured_s
        pss_mb = in_mb("Pss", f"/proc/{number}/smaps_rollup")
        arguments = Path(f"/proc/{number}/cmdline").read_text().split("\0")
        name = next((NAMES[word] for word in arguments if word in NAMES), arguments[-2])
        rows.append([name, f"{share:.2f}", f"{pss_mb:.1f}"])
        total, memory = total + share, memory + pss_mb
    rows.append(["together", f"{total:.2f}", f"{memory:.1f}"])
    print(table(["at rest", "% of a core", "PSS MB"], rows), flush=True)
    return total, memory


def tree(pid: int) -> Iterator[int]:
    """Yield a process and its descendants."""
    yield pid
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
