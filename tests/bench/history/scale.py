"""G12: pages, lists, claims and the purge with the history of a team of forty.

By default 10,000 runs on SQLite, 100,000 on PostgreSQL; with `--full` 200,000 and 1,000,000.
Pages are rendered in one process by Django's test client, so no
network is in the figures. The reference of a page is the same page with 1,000 runs, measured in the
same process before the other runs are written. Because the machine may be busier at one time than
at the other, both are divided by the time of a page without runs, measured in turns with them.
"""

import os

from tests.bench.figures import Goal, at_least, at_most, at_most_ratio, median, percentile, table
from tests.bench.stage.stage import POSTGRESQL, Product, Stage

Figures = dict[str, list[float]]
SIZES = {"sqlite": (10_000, 200_000), "postgresql": (100_000, 1_000_000)}
PAGE_P99_MS, PAGE_RATIO = 150.0, 1.5
CLAIM_RATIO, PURGE_RATE, LOCK_MS = 1.2, 200.0, 100.0
NOISE_MS = 0.5  # below this, looking for work counts as no slower than in an empty table
HEAD = ["page", "with 1,000 runs: p50 ms", "p50 ms", "p99", "in plain pages, before", "now"]


def measure_goals(stage: Stage, rounds: int, is_full: bool, count: int = 0) -> list[Goal]:
    """Return the results of G12, with `count` runs, by default those of SIZES."""
    count = count or SIZES["postgresql" if POSTGRESQL in os.environ else "sqlite"][is_full]
    product = Product(stage, "history")
    report = product.report_of("tests.bench.history.program", count, rounds)
    where = f"{count:,} runs ({report['vendor']})"
    few, pages = report["few"], report["pages"]
    print(f"\n{where}, filled in {report['filled_s']:.0f} s")
    print(table(HEAD, [row(name, few[name], page) for name, page in pages.items()]), flush=True)
    goals = []
    for name, page in pages.items():
        what, p99 = f"{where}: {name}", percentile(page["whole"], 0.99)
        now, before = in_plain_pages(page), in_plain_pages(few[name])
        goals += [
            at_most_ratio("G12", f"{what}, p50", now, before, PAGE_RATIO, "pages", "few"),
            at_most("G12", f"{what}, p99", p99, PAGE_P99_MS, "ms"),
        ]
    claim, purge = report["claim"], report["purge"]
    full, empty = median(claim["full"]), max(median(claim["empty"]), NOISE_MS)
    return [
        *goals,
        at_most_ratio("G12", f"{where}: look for work", full, empty, CLAIM_RATIO, "ms", "empty"),
        at_least("G12", f"{where}: purged runs a second", purge["rate"], PURGE_RATE),
        at_most("G12", f"{where}: longest transaction", purge["longest_ms"], LOCK_MS, "ms"),
    ]


def in_plain_pages(page: Figures) -> float:
    """Return the median of a page, divided by that of the page without runs."""
    return median(page["whole"]) / median(page["plain"])


def row(name: str, few: Figures, page: Figures) -> list[str]:
    """Return a page's line in the table."""
    times = [median(few["whole"]), median(page["whole"]), percentile(page["whole"], 0.99)]
    costs = [in_plain_pages(few), in_plain_pages(page)]
    return [name, *(f"{ms:.1f}" for ms in times), *(f"{cost:.2f}" for cost in costs)]
