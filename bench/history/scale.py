"""G12: pages, lists, claim, purge and an idle worker with the history of a team of forty.

By default 10,000 runs on SQLite and, if a PostgreSQL server is configured, 100,000 there; with
`--full` 200,000 and 1,000,000. Pages are rendered in one process by Django's test client, so no
network is in the figures. The reference of a list is bare SQL for the same rows, in turns: the time
of the page's own queries for runs and results is compared with it.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from bench.figures import Goal, at_least, at_most, at_most_ratio, median, percentile, table
from bench.stage import database as postgresql
from bench.stage.children import report_of
from bench.stage.process_usage import usage_of
from bench.stage.product import Product
from bench.stage.stage import Stage

SIZES = {"sqlite": (10_000, 200_000), "postgresql": (100_000, 1_000_000)}
PAGE_MS, PAGE_P99_MS, PAGE_RATIO = 30.0, 150.0, 2.0
CLAIM_RATIO, PURGE_RATE, LOCK_MS, REST_SHARE = 1.2, 200.0, 50.0, 0.5
SETTLING_S, SETTLING_TRIES, SETTLED_SHARE, MEASURED_S = 5.0, 12, 1.0, 20.0
NOISE_MS = 0.5  # a shorter query is as fast as the bare one
HEAD = ["page", "p50 ms", "p99", "its queries", "bare", "ratio"]


def measure_goals(
    stage: Stage,
    rounds: int,
    is_full: bool,
    count: int = 0,
    measured_s: float = MEASURED_S,
) -> list[Goal]:
    """Return the results of G12; `count` runs on SQLite, by default those of SIZES."""
    url = f"sqlite:///{stage.scratch / 'history.sqlite3'}"
    goals = measure(stage, url, count or SIZES["sqlite"][is_full], rounds, measured_s)
    if postgresql.is_named():
        with postgresql.empty() as url:
            goals += measure(stage, url, SIZES["postgresql"][is_full], rounds, measured_s)
    return goals


def measure(stage: Stage, url: str, count: int, rounds: int, measured_s: float) -> list[Goal]:
    """Measure one database."""
    product = Product(stage, f"history-{url.partition(':')[0]}", url)
    settings = {"DJANGO_SETTINGS_MODULE": "config.settings", "SECRET_KEY": "bench"}
    environment = product.environment | settings
    command = ["bench.history.program", str(count), str(rounds)]
    report = report_of(command, product.checkout, environment)
    where = f"{count:,} runs ({report['vendor']})"
    print(
        f"\n{where}, filled in {report['filled_s']:.0f} s; figures in {report['figures_s']:.1f} s"
    )
    print(table(HEAD, [page_row(page) for page in report["pages"]]), flush=True)
    claim, purge = report["claim"], report["purge"]
    full, empty = median(claim["full"]), max(median(claim["empty"]), NOISE_MS)
    name = f"{where}: "
    idle = rest(stage, product.name, product.checkout, environment, measured_s)
    return [
        *(goal for page in report["pages"] for goal in page_goals(name, page)),
        at_most_ratio("G12", name + "look for work", full, empty, CLAIM_RATIO, "ms", "empty"),
        at_least("G12", name + "purged runs a second", purge["rate"], PURGE_RATE),
        at_most("G12", name + "longest transaction", purge["longest_ms"], LOCK_MS, "ms"),
        at_most("G12", name + "worker at rest", idle, REST_SHARE, "% of a core"),
    ]


def page_row(page: dict[str, Any]) -> list[str]:
    """Return a page's line in the table."""
    bare = f"{median(page['bare']):.2f}" if page["bare"] else ""
    ratio = f"{median(page['queries']) / median(page['bare']):.2f} x" if bare else ""
    cuts = [f"{percentile(page['whole'], share):.1f}" for share in (0.5, 0.99)]
    return [page["name"], *cuts, f"{median(page['queries']):.2f}", bare, ratio]


def page_goals(name: str, page: dict[str, Any]) -> list[Goal]:
    """Return a page's goals; where the ratio is met, a busy machine may miss the absolute ones."""
    what, whole = name + page["name"], page["whole"]
    goals = [
        at_most("G12", f"{what}, p50", median(whole), PAGE_MS, "ms"),
        at_most("G12", f"{what}, p99", percentile(whole, 0.99), PAGE_P99_MS, "ms"),
    ]
    if page["bare"]:
        queries, bare = median(page["queries"]), max(median(page["bare"]), NOISE_MS)
        goals.append(
            at_most_ratio("G12", f"{what}, queries", queries, bare, PAGE_RATIO, "ms", "bare")
        )
    return goals


def rest(
    stage: Stage, name: str, folder: Path, environment: dict[str, str], measured_s: float
) -> float:
    """Return the CPU of an idle worker in percent of a core, once it has settled."""
    command = [sys.executable, "manage.py", "worker"]
    worker = stage.start(f"{name}-worker", command, cwd=folder, env=environment)
    share = 100.0
    for _ in range(SETTLING_TRIES):
        share = share_of_core(worker.process.pid, min(SETTLING_S, measured_s))
        if share < SETTLED_SHARE:
            break
    share = share_of_core(worker.process.pid, measured_s)
    worker.stop()
    return share


def share_of_core(pid: int, seconds: float) -> float:
    """Return how much of a core a process uses for so long, in percent."""
    before = usage_of(pid).cpu_s
    time.sleep(seconds)
    return 100 * (usage_of(pid).cpu_s - before) / seconds
