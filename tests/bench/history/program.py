"""Fills a database with a history; measures pages, claims and the purge. Prints JSON.

python -m tests.bench.history.program COUNT ROUNDS  (settings come from the environment)
"""

import json
import sys
import time
from typing import Any

from tests.bench import catalogue

FEW = 1_000  # the number of runs for the reference
PURGED_FOR_S = 10.0
CLAIMS = 50


def main(count: int, rounds: int) -> dict[str, Any]:
    """Return the figures: ms of pages and of looking for work, seconds, purged runs per second."""
    catalogue.set_up()
    from django.db import connection

    from config.server import url_locals
    from core.process.tuning import freeze_gc
    from runs.results import figures
    from tests.bench.history import filling

    url_locals.install()  # as the web process does, and `freeze_gc` too

    empty = looks_for_work()
    team = filling.add_people()
    few_runs = min(FEW, count // 4)
    filling.fill(few_runs, team)
    few = measured_pages(rounds)
    began = time.perf_counter()
    filling.fill(count - few_runs, team)
    filled_s = time.perf_counter() - began
    figures.keep_due()
    freeze_gc()
    return {
        "vendor": connection.vendor,
        "filled_s": filled_s,
        "few": few,
        "pages": measured_pages(rounds),
        "claim": {"empty": empty, "full": looks_for_work()},
        "purge": purge_for_a_while(),
    }


def measured_pages(rounds: int) -> dict[str, dict[str, list[float]]]:
    """Return each page's figures by name, with the runs written so far."""
    from tests.bench.history import pages

    plain, *others = pages.pages()
    return {page.name: pages.measure(page, plain, rounds) for page in others}


def looks_for_work() -> list[float]:
    """Return the milliseconds of the query with which an idle worker looks for runs."""
    from core.db import clock
    from runs.worker.scheduling import lease_queries

    times = []
    for _ in range(CLAIMS):
        began = time.perf_counter()
        lease_queries.FIRST_FREE.all(now=clock.now())
        times.append((time.perf_counter() - began) * 1000)
    return times


def purge_for_a_while() -> dict[str, float]:
    """Purge as a worker does, with its pauses."""
    from runs.files import input_references, purge
    from runs.models import Run

    transactions: list[float] = []
    for module, name in ((purge, "_purge"), (input_references, "_note")):
        setattr(module, name, _timing(getattr(module, name), transactions))
    while input_references.read_unread():  # an upgrade does this once, before
        pass
    before, began, walk = Run.objects.deleted().count(), time.monotonic(), purge.Purge()
    while (pause_s := walk.step()) < 1 and time.monotonic() - began < PURGED_FOR_S:
        time.sleep(pause_s)
    took_s = time.monotonic() - began
    purged = before - Run.objects.deleted().count()
    return {"rate": purged / took_s, "purged": purged, "longest_ms": max(transactions)}


def _timing(act: Any, times: list[float]) -> Any:
    def timed(*args: Any) -> Any:
        began = time.perf_counter()
        try:
            return act(*args)
        finally:
            times.append((time.perf_counter() - began) * 1000)

    return timed


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), int(sys.argv[2]))))
