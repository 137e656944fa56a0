"""G8: a complete search answer (ranking, 15 facets, 24 cards) compared with raw full-text queries.

Runs on a synthetic catalogue (`realistic.py`) of 1,200 and 10,000 endpoints; product and raw
queries alternate in one process. If a PostgreSQL server is configured (`bench/stage/database.py`),
it is measured too. The quality of answers is measured by the tests, with the judged queries
(`tests/catalog/search/judged.txt`).
"""

from __future__ import annotations

from collections.abc import Mapping

from bench.figures import Goal, at_most, percentile, table
from bench.stage import database as postgresql
from bench.stage.children import clean_environment, report_of
from bench.stage.stage import Stage

SIZES = {1_200: 4, 10_000: 2}  # endpoints → factor on the number of rounds
SIZES_POSTGRESQL = {1_200: 2, 10_000: 1}
ALLOWED_MS, ALLOWED_P99_MS = 4.0, 8.0
HEAD = ["", "p50 ms", "p90", "p99", "against raw, p50", "p99"]


def measure_goals(
    stage: Stage, rounds: int, is_full: bool, sizes: Mapping[int, int] = SIZES
) -> list[Goal]:
    """Return the results of G8."""
    goals: list[Goal] = []
    for size, factor in sizes.items():
        database = stage.scratch / f"search-{size}.sqlite3"
        goals += compare(stage, size, rounds * factor, f"sqlite:///{database}")
        database.unlink()
    if postgresql.is_named():
        for size, factor in SIZES_POSTGRESQL.items():
            with postgresql.empty() as url:
                goals += compare(stage, size, rounds * factor, url)
    return goals


def compare(stage: Stage, size: int, rounds: int, url: str) -> list[Goal]:
    """Measure one catalogue on one database."""
    environment = clean_environment() | {"DATABASE_URL": url}
    command = ["bench.catalogue.search_product", str(size), str(rounds)]
    report = report_of(command, stage.product.checkout, environment)
    times: dict[str, list[float]] = report["times"]
    raw, ours = times["raw"], times["product"]
    rows = []
    for name, values in times.items():
        cuts = [percentile(values, share) for share in (0.5, 0.9, 0.99)]
        against = [percentile(values, share) / percentile(raw, share) for share in (0.5, 0.99)]
        rows.append(
            [name, *(f"{cut:.2f}" for cut in cuts), *(f"{ratio:.2f} x" for ratio in against)]
        )
    where = f"search over {size:,} ({report['vendor']})"
    print(f"\n{where}: {report['hits']:.0f} hits of a question")
    print(table(HEAD, rows), flush=True)
    raw_p50, raw_p99 = percentile(raw, 0.5), percentile(raw, 0.99)
    p50, p99 = percentile(ours, 0.5), percentile(ours, 0.99)
    return [
        at_most("G8", f"{where}: p50", p50, raw_p50 + ALLOWED_MS, "ms", raw_p50),
        at_most("G8", f"{where}: p99", p99, 2 * raw_p99 + ALLOWED_P99_MS, "ms", raw_p99),
    ]
