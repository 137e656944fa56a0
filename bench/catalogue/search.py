"""G8: a complete search answer (ranking, 15 facets, 24 cards) compared with raw full-text queries.

Runs on a synthetic catalogue (`realistic.py`) of 1,200 and 10,000 endpoints; product and raw
queries alternate in one process. If datasette is installed (docs/BENCHMARKS.md), it answers the
same queries on the same file; if a PostgreSQL server is configured (`bench/stage/database.py`), it
is measured too. Also measures search quality on the judged queries (`judged.txt`).
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from bench.figures import Goal, at_least, at_most, percentile, table, without_goal
from bench.stage import database as postgresql
from bench.stage.children import HOST, clean_environment, free_port, report_of
from bench.stage.stage import Stage

SIZES = {1_200: 4, 10_000: 2}  # endpoints → factor on the number of rounds
SIZES_POSTGRESQL = {1_200: 2, 10_000: 1}
ALLOWED_MS, ALLOWED_P99_MS = 4.0, 8.0
HEAD = ["", "p50 ms", "p90", "p99", "against raw, p50", "p99"]
HEAD_COST = ["endpoints", "index s", "index MB", "hits", "page built ms", "queries a page"]


def measure_goals(
    stage: Stage, rounds: int, is_full: bool, sizes: Mapping[int, int] = SIZES
) -> list[Goal]:
    """Return the results of G8 and of the judged queries."""
    goals = judged(stage)
    for size, factor in sizes.items():
        database = stage.scratch / f"search-{size}.sqlite3"
        goals += compare(stage, size, rounds * factor, f"sqlite:///{database}", database)
        database.unlink()
    if not postgresql.is_named():
        return goals
    for size, factor in SIZES_POSTGRESQL.items():
        with postgresql.empty() as url:
            goals += compare(stage, size, rounds * factor, url, None)
    return goals


def compare(stage: Stage, size: int, rounds: int, url: str, database: Path | None) -> list[Goal]:
    """Measure one catalogue on one database."""
    report = child(stage, url, "bench.catalogue.search_product", str(size), str(rounds))
    measured: dict[str, list[float]] = dict(report["times"])
    if database:
        measured |= datasette(stage, database, report["questions"])
    raw = measured["raw"]
    rows = []
    for name, values in measured.items():
        cuts = [percentile(values, share) for share in (0.5, 0.9, 0.99)]
        against = [percentile(values, share) / percentile(raw, share) for share in (0.5, 0.99)]
        rows.append(
            [name, *(f"{cut:.2f}" for cut in cuts), *(f"{ratio:.2f} x" for ratio in against)]
        )
    print(f"\nSearch over {size:,} endpoints ({report['vendor']})")
    print(table(HEAD, rows))
    cost = [
        f"{size:,}",
        f"{report['built_s']:.2f}",
        f"{report['index_mb']:.0f}",
        f"{report['hits']:.0f}",
        f"{percentile(report['page_ms'], 0.5):.1f}",
        str(report["queries"]),
    ]
    print(table(HEAD_COST, [cost]), flush=True)
    what = f"search over {size:,}" + ("" if database else f" ({report['vendor']})")
    ours = measured["product"]
    goals = []
    for share, limit in (
        (0.5, percentile(raw, 0.5) + ALLOWED_MS),
        (0.99, 2 * percentile(raw, 0.99) + ALLOWED_P99_MS),
    ):
        named = f"{what}: p{share * 100:.0f}"
        measured_ms = percentile(ours, share)
        goals.append(at_most("G8", named, measured_ms, limit, "ms", percentile(raw, share)))
    return [
        *goals,
        without_goal(
            "G8", f"{what}: index", f"{report['built_s']:.2f} s, {report['index_mb']:.0f} MB"
        ),
    ]


def datasette(stage: Stage, database: Path, questions: list[str]) -> dict[str, list[float]]:
    """Query datasette's table page for the same words (search, two facets, 24 rows)."""
    program = (
        Path(os.environ.get("BENCH_PEERS", "peers")).resolve() / "datasette" / "bin" / "datasette"
    )
    if not program.exists():
        return {}
    port = free_port()
    command = [
        str(program),
        "serve",
        str(database),
        "--port",
        str(port),
        "--setting",
        "sql_time_limit_ms",
        "10000",
    ]
    command += ["--setting", "facet_time_limit_ms", "10000"]
    peer = stage.start("datasette", command)
    base = peer.answering(f"http://{HOST}:{port}")
    wanted: dict[str, Any] = {
        "_facet": ["category", "license_type"],
        "_size": 24,
        "_searchmode": "raw",
    }
    times = []
    with httpx.Client(base_url=base, timeout=60) as client:
        for question in questions:
            query = wanted | {"_search": " ".join(f'"{word}"*' for word in question.split())}
            started = time.perf_counter()
            client.get(f"/{database.stem}/raw_endpoint.json", params=query).raise_for_status()
            times.append((time.perf_counter() - started) * 1000)
    peer.stop()
    return {"datasette": times}


def judged(stage: Stage) -> list[Goal]:
    """Return nDCG@10 and success@3 for typical queries."""
    goals = []
    for name in ("real", "sandbox"):
        url = f"sqlite:///{stage.scratch / f'judged-{name}.sqlite3'}"
        for group, (ndcg, success, count) in child(
            stage, url, "bench.catalogue.judged_product", name
        ).items():
            what = f"{count} judged questions, {name}, {group}"
            goals.append(at_least("judged", f"{what}: nDCG@10", ndcg, 0.85))
            goals.append(at_least("judged", f"{what}: success@3", success, 0.85))
    return goals


def child(stage: Stage, url: str, *command: str) -> dict[str, Any]:
    """Run one of our programs as a subprocess; return the JSON that it prints."""
    environment = clean_environment() | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": "bench",
        "DATABASE_URL": url,
    }
    return report_of(command, stage.product.checkout, environment)
