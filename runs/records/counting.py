"""Counts what runs add to the record of their models.

Whatever settles a run's cost (so does its end), moves it, or gives or takes a reason to keep it
calls `touch` after its change. The worker counts the touched runs a moment later, one model at a
time. What was forgotten is found at night (`recount.py`).
"""

from __future__ import annotations

import secrets
import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.db import transaction

from catalog.models import Endpoint
from runs.models import RecordedRun, RecordSum, Run
from runs.models.ledger import SumState
from runs.promises import keeping

COUNTED_EVERY_S = 5.0  # and a second after the database has changed
VERSION_BITS = 40  # so that sums fit into 64
AT_ONCE = 200  # runs per transaction
PAUSE_S = 0.05  # while more runs are due, so that other jobs get their turn
_COUNTED = ("project_id", "is_done", "is_failed", "is_judged", "is_kept", "paid")
OF_RUNS = ("runs", "failed", "judged", "kept", "priced", "spent")

# Figures by project, or what is to be added to them, which may be negative.
Totals = dict[int, "Counter[str]"]


def touch(run_ids: Iterable[uuid.UUID]) -> None:
    """Let the worker count these runs again; keys of anything else than runs are ignored."""
    _write(run_ids, "is_due")


def judge(run_ids: Iterable[uuid.UUID]) -> None:
    """Note that somebody has opened these runs, or has seen their results large.

    It counts once they have succeeded.
    """
    unopened = set(run_ids)
    # Looked up first: most were opened before, and on SQLite any write locks the database.
    opened = RecordedRun.objects.filter(run__in=unopened, is_opened=True)
    unopened.difference_update(opened.values_list("run_id", flat=True))
    if unopened:
        _write(unopened, "is_due", "is_opened")


def _write(run_ids: Iterable[uuid.UUID], *flags: str) -> None:
    """Set these flags of runs, in the order of keys, so that no two callers wait for each other."""
    runs = Run.objects.filter(pk__in=list(run_ids)).order_by("pk")
    rows = runs.values_list("pk", "project_id", "endpoint_id")
    RecordedRun.objects.bulk_create(
        (
            RecordedRun(
                run_id=run, project_id=project, endpoint_id=endpoint, **dict.fromkeys(flags, True)
            )
            for run, project, endpoint in rows
        ),
        update_conflicts=True,
        unique_fields=["run"],
        update_fields=flags,
    )


def count_due() -> float:
    """Count some of the touched runs; return the seconds until the next time."""
    due = RecordedRun.objects.filter(is_due=True).order_by()
    endpoints = due.values_list("endpoint_id", flat=True)[:AT_ONCE]
    number = len(endpoints)
    for endpoint in sorted(set(endpoints)):
        count_model(endpoint)
    return PAUSE_S if number == AT_ONCE else COUNTED_EVERY_S


@transaction.atomic
def count_model(endpoint: int) -> None:
    """Count the touched runs of a model, and the rows of boards that it won."""
    lock(endpoint)
    # Without an order: PostgreSQL would walk the primary key instead of the few rows that are due.
    due = RecordedRun.objects.filter(endpoint=endpoint, is_due=True).order_by()
    rows = list(due.select_for_update(skip_locked=True)[:AT_ONCE])
    figures_by_run = figures_of({row.pk for row in rows})
    changes: Totals = defaultdict(Counter)
    for row in rows:
        changes[row.project_id].subtract(_adds(row))
        _update(row, figures_by_run.get(row.pk, {"is_kept": False}))
        changes[row.project_id].update(_adds(row))
        row.is_due = False
    RecordedRun.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["run"], update_fields=[*_COUNTED, "is_due"]
    )
    write_sums(endpoint, changes)


def lock(endpoint: int) -> None:
    """Let no other worker count a model until the transaction ends; runs of it may still begin."""
    list(Endpoint.objects.filter(pk=endpoint).select_for_update(no_key=True).values_list("pk"))


def figures_of(run_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, dict[str, Any]]:
    """Return what these runs add at present, as columns of `RecordedRun`; purged runs are left out.

    Whether they were judged is not among it, since only the record knows who has opened them.
    """
    runs = (
        Run.objects.filter(pk__in=run_ids)
        .order_by()
        .values(
            "pk",
            "project_id",
            "state",
            "is_starred",
            "deleted_at",
            "charge__state",
            "charge__reported",
            "charge__billed",
            "charge__expected",
        )
    )
    present = {run["pk"]: run for run in runs}
    chosen = keeping.chosen_runs(present)
    return {
        key: {
            "project_id": run["project_id"],
            "is_done": run["state"] == Run.State.SUCCEEDED,
            "is_failed": run["state"] == Run.State.FAILED,
            "is_kept": run["state"] == Run.State.SUCCEEDED
            and run["deleted_at"] is None
            and (run["is_starred"] or key in chosen),
            "paid": _paid(run),
        }
        for key, run in present.items()
    }


def _paid(run: Mapping[str, Any]) -> Any:
    """Return what a run has cost; None if that is unknown."""
    if run["charge__state"] != SumState.SETTLED:
        return None
    costs = (run[f"charge__{name}"] for name in ("reported", "billed", "expected"))
    return next((cost for cost in costs if cost is not None), None)


def _update(row: RecordedRun, figures: Mapping[str, Any]) -> None:
    for name, value in figures.items():
        setattr(row, name, value)
    row.is_judged = row.is_judged or row.is_opened or row.is_kept


def _adds(row: RecordedRun) -> dict[str, Any]:
    """Return the figures that a run adds to the sums of its project and model."""
    is_judged = row.is_done and row.is_judged
    is_priced = is_judged and row.paid is not None
    return {
        "runs": int(row.is_done or row.is_failed),
        "failed": int(row.is_failed),
        "judged": int(is_judged),
        "kept": int(row.is_done and row.is_kept),
        "priced": int(is_priced),
        "spent": row.paid if is_priced else 0,
    }


def write_sums(endpoint: int, changes: Totals) -> None:
    """Add changes to a model's sums by project, count its rows, and add up the house's."""
    rows: dict[int | None, list[RecordSum]] = defaultdict(list)
    for row in RecordSum.objects.filter(endpoint=endpoint).order_by("pk"):
        rows[row.project_id].append(row)
    totals: Totals = defaultdict(Counter)
    for project, written in rows.items():
        if project is not None:
            totals[project].update({name: _total(written, name) for name in OF_RUNS})
    for project, change in changes.items():
        totals[project].update(change)
    for project, (rows_of_boards, rows_won) in keeping.rows_won(endpoint).items():
        totals[project].update({"rows": rows_of_boards, "rows_won": rows_won})
    house: Counter[str] = Counter()
    for figures in totals.values():
        house.update(figures)
    house["projects"] = sum(figures["judged"] > 0 for figures in totals.values())
    for project, figures in [*totals.items(), (None, house)]:
        _write_sum(endpoint, project, rows[project], figures)


def _write_sum(
    endpoint: int, project: int | None, rows: list[RecordSum], figures: Counter[str]
) -> None:
    """Write one row, if it differs; an earlier version wrote several of one project."""
    row, *others = rows or [RecordSum(project_id=project, endpoint_id=endpoint)]
    names = (*RecordSum.FIGURES, "projects")
    if row.pk and not others and all(getattr(row, name) == figures[name] for name in names):
        return
    RecordSum.objects.filter(pk__in=[other.pk for other in others]).delete()
    for name in names:
        setattr(row, name, figures[name])
    row.version = secrets.randbits(VERSION_BITS)
    row.save()


def _total(rows: Iterable[RecordSum], name: str) -> Any:
    return sum(getattr(row, name) for row in rows)
