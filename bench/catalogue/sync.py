"""G9: syncs of a catalogue of 1,200 endpoints: a first one, and one without changes.

The product's sync and a raw one (httpx, orjson, `executemany`) alternate, each in its own process
against the same server and with a fresh copy of the same migrated SQLite database: the same tables,
indexes and triggers.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.figures import Goal, at_most, at_most_ratio, median, table
from bench.stage.children import HOST, Broken, clean_environment, free_port, report_of
from bench.stage.stage import KEY, Stage

COUNT = 1200
HEAD = [
    "",
    "first s",
    "unchanged s",
    "all CPU s",
    "MB over imports",
    "longest lock ms",
    "rows again",
]


def measure_goals(stage: Stage, rounds: int, is_full: bool, count: int = COUNT) -> list[Goal]:
    """Return the results of G9."""
    port = free_port()
    command = [sys.executable, "-m", "bench.catalogue.upstream", str(port), str(count)]
    api = stage.start("catalogue", command).answering(f"http://{HOST}:{port}/v1")
    migrated = migrate(stage)
    product, raw = [], []
    for number in range(rounds):
        product.append(run("bench.catalogue.sync_product", stage, migrated, number, api))
        raw.append(run("bench.catalogue.sync_raw", stage, migrated, number, api))
    if any(
        sample["endpoints"] != count or sample["schemas"] < count * 0.9 for sample in product + raw
    ):
        raise Broken(f"a sync did not bring in {count} endpoints: {product + raw}")
    print(f"\nSync of {count} endpoints")
    print(table(HEAD, [cells("product", product), cells("raw", raw)]), flush=True)
    again, fetch = figure(product, "again_s"), figure(raw, "again_s")
    lock = figure(product, "longest_lock_ms")
    rows = max(sample["rows_again"] for sample in product)
    return [
        at_most_ratio(
            "G9", "sync, first", figure(product, "first_s"), figure(raw, "first_s"), 3, "s", "raw"
        ),
        at_most_ratio("G9", "sync, unchanged", again, fetch, 1.15, "s", "fetch + parse"),
        at_most("G9", "sync, unchanged: rows written", rows, 0, ""),
        at_most("G9", "sync: memory over imports", figure(product, "memory_mb"), 60, "MB"),
        at_most("G9", "sync: longest write lock", lock, 50, "ms"),
    ]


def migrate(stage: Stage) -> Path:
    """Return an empty database with all tables."""
    database = stage.scratch / "migrated.sqlite3"
    command = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
    environment = settings(database, "")
    subprocess.run(command, cwd=stage.product.checkout, env=environment, check=True)
    return database


def run(module: str, stage: Stage, migrated: Path, number: int, api: str) -> dict[str, Any]:
    """Run both syncs in one process on a fresh database; return the figures that it prints."""
    database = stage.scratch / f"{module}-{number}.sqlite3"
    shutil.copy(migrated, database)
    command = [module, str(database), api, KEY]
    return report_of(command, stage.product.checkout, settings(database, api))


def settings(database: Path, api: str) -> dict[str, str]:
    """Return the environment for the product in a separate process."""
    return clean_environment() | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": "bench",
        "DATABASE_URL": f"sqlite:///{database}",
        "FAL_API_URL": api,
        "FAL_KEY": KEY,
    }


def figure(samples: list[dict[str, Any]], name: str) -> float:
    """Return the median of one figure."""
    return median(sample[name] for sample in samples)


def cells(name: str, samples: list[dict[str, Any]]) -> list[str]:
    """Return a row of the table."""
    seconds = [f"{figure(samples, name):.3f}" for name in ("first_s", "again_s", "cpu_s")]
    rest = [
        f"{figure(samples, name):.0f}" for name in ("memory_mb", "longest_lock_ms", "rows_again")
    ]
    return [name, *seconds, *rest]
