"""The triggers that keep the record of models (`runs/models/record.py`).

Reasons to keep a run are rows of many apps, which are written in bulk, undone, moved and deleted by
cascades. Each app lists its reasons (`RunOwner.reasons_to_keep`), and the database asks all of them
again for the runs of a row that changes, whatever code changes it.
"""

# Tables and columns are ours, and so is the SQL of each reason.
# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connections, transaction

from core.db.triggers import Trigger, create, has_changed
from runs.models import RecordSum
from runs.promises import owners
from runs.promises.record_reasons import Change, ReasonToKeep, RecordSource

RUNS, SUMS, RUN = "playground_recordedrun", "playground_recordsum", "playground_run"
_COUNTED = ("project_id", "endpoint_id", "is_done", "is_failed", "is_judged", "is_kept", "paid")


# Runs that have one as an input; a run that was deleted uses nothing any more.
USED = ReasonToKeep(
    f"playground_inputfile used JOIN {RUN} used_by ON used_by.id = used.run_id "
    "WHERE used.source = {run} AND used_by.id <> {run} AND used_by.deleted_at IS NULL",
    (
        Change("playground_inputfile", ("source",), "{row}.source"),
        Change(
            RUN,
            ("deleted_at",),
            "SELECT source FROM playground_inputfile WHERE run_id = {row}.id",
            is_parent=True,
        ),
    ),
)


def install(using: str = "default", **_: Any) -> None:
    """Create the triggers, and record the runs that are older than the record."""
    connection = connections[using]
    all_triggers = list(triggers())
    tables = {trigger.table for trigger in all_triggers} | {RUNS, SUMS}
    if not tables.issubset(connection.introspection.table_names()):
        return  # migrated back to a release without one of them
    with connection.cursor() as cursor:
        create(cursor, all_triggers)
        cursor.execute(
            f"SELECT EXISTS (SELECT 1 FROM {RUNS} WHERE run_id = oldest.id) "
            f"FROM (SELECT id FROM {RUN} ORDER BY created_at LIMIT 1) AS oldest"
        )
        if cursor.fetchone() in {(False,), (0,)}:
            with transaction.atomic(using):
                _record_earlier(cursor)


def remove(using: str = "default", plan: Sequence[Any] = (), **_: Any) -> None:
    """Drop the triggers before migrations on SQLite.

    It rebuilds no table that a trigger elsewhere names; `install` comes after the last migration.
    """
    connection = connections[using]
    if connection.vendor == "sqlite" and plan:
        with connection.cursor() as cursor:
            for trigger in triggers():
                cursor.execute(f"DROP TRIGGER IF EXISTS {trigger.name}")


def triggers() -> Iterator[Trigger]:
    """Yield all triggers of the record."""
    yield Trigger(
        "record_run_new",
        RUN,
        "INSERT",
        (
            f"INSERT INTO {RUNS} (run_id, project_id, endpoint_id, is_done, is_failed, is_judged, "
            "is_kept) VALUES (NEW.id, NEW.project_id, NEW.endpoint_id, FALSE, FALSE, FALSE, FALSE)",
            *_ended(),
        ),
    )
    yield Trigger("record_run_ended", RUN, "UPDATE OF state", _ended(), has_changed("state"))
    moved = f"UPDATE {RUNS} SET project_id = NEW.project_id WHERE run_id = NEW.id"
    yield Trigger(
        "record_run_moved", RUN, "UPDATE OF project_id", (moved,), has_changed("project_id")
    )
    marked = ("is_starred", "deleted_at")
    yield Trigger(
        "record_run_marked", RUN, f"UPDATE OF {', '.join(marked)}", _ask("NEW.id"),
        has_changed(*marked),
    )  # fmt: skip
    yield Trigger("record_run_gone", RUN, "DELETE", _ask("OLD.id"))
    paid = (
        f"UPDATE {RUNS} SET paid = CASE WHEN NEW.state = 'settled' "
        "THEN COALESCE(NEW.reported, NEW.billed, NEW.expected) END WHERE run_id = NEW.run_id"
    )
    yield Trigger("record_paid_new", "playground_charge", "INSERT", (paid,))
    yield Trigger(
        "record_paid", "playground_charge", "UPDATE OF state, reported, billed, expected", (paid,)
    )
    yield Trigger(
        "record_counted", RUNS, f"UPDATE OF {', '.join(_COUNTED)}",
        (add_to_sums(f"{_of_run('NEW')} UNION ALL {_of_run('OLD', -1)}"),), has_changed(*_COUNTED),
    )  # fmt: skip
    for reason in _reasons():
        for change in reason.changes:
            yield from _asking_after(change)
    for source in _sources():
        yield from source.triggers


def _reasons() -> list[ReasonToKeep]:
    return [reason for owner in owners.registered() for reason in owner.reasons_to_keep()]


def _sources() -> list[RecordSource]:
    return [source for owner in owners.registered() for source in owner.record_sources()]


def add_to_sums(rows: str) -> str:
    """Return the statement that adds rows, each with a project, to the record and to the house's.

    `rows` is SQL of `project_id`, `endpoint_id` and the figures.
    """
    figures = ", ".join(RecordSum.FIGURES)
    of_both = (
        f"SELECT {project} AS project_id, endpoint_id, {figures} FROM ({rows}) AS changed{number}"
        for number, project in enumerate(("project_id", "CAST(NULL AS BIGINT)"))
    )
    sums = ", ".join(f"SUM({name})" for name in RecordSum.FIGURES)
    is_any = " OR ".join(f"SUM({name}) <> 0" for name in RecordSum.FIGURES)
    return (
        f"INSERT INTO {SUMS} (project_id, endpoint_id, {figures}) "
        f"SELECT project_id, endpoint_id, {sums} FROM ({' UNION ALL '.join(of_both)}) AS changes "
        f"GROUP BY project_id, endpoint_id HAVING {is_any}"
    )


def _of_run(row: str, sign: int = 1) -> str:
    """Return the SQL of the figures that a `RecordedRun` adds; the sign -1 subtracts them."""
    judged = f"{row}.is_done AND {row}.is_judged"
    conditions = {
        "runs": f"{row}.is_done OR {row}.is_failed",
        "failed": f"{row}.is_failed",
        "judged": judged,
        "kept": f"{row}.is_done AND {row}.is_kept",
        "priced": f"{judged} AND {row}.paid IS NOT NULL",
    }
    figures = [
        f"CASE WHEN {condition} THEN {sign} ELSE 0 END AS {name}"
        for name, condition in conditions.items()
    ]
    spent = f"CASE WHEN {judged} THEN {sign} * COALESCE({row}.paid, 0) ELSE 0 END AS spent"
    return (
        f"SELECT {row}.project_id AS project_id, {row}.endpoint_id AS endpoint_id, "
        f"{', '.join(figures)}, {spent}, 0 AS votes, 0 AS half_wins"
    )


def _ended() -> tuple[str, ...]:
    """Return the statements after a run's state has changed."""
    return (
        f"UPDATE {RUNS} SET is_done = (NEW.state = 'succeeded'), "
        "is_failed = (NEW.state = 'failed') "
        "WHERE run_id = NEW.id AND NEW.state IN ('succeeded', 'failed')",
        *_ask("NEW.id"),
    )


def _ask(runs: str) -> tuple[str, ...]:
    """Return the statements that ask all reasons again for these runs; what is kept is judged.

    The row is locked first: of two transactions that each change a reason, the second sees what
    the first has changed.
    """
    chosen = f"run_id IN ({runs})"
    return (
        f"PERFORM 1 FROM {RUNS} WHERE {chosen} ORDER BY run_id FOR UPDATE",
        f"UPDATE {RUNS} SET is_kept = NOT is_kept, is_judged = (is_judged OR NOT is_kept) "
        f"WHERE {chosen} AND is_kept <> {is_kept(f'{RUNS}.run_id')}",
    )


def is_kept(run: str) -> str:
    """Return the SQL condition that a run is kept: it succeeded, stays, and there is a reason."""
    any_reason = " OR ".join(
        ["kept.is_starred", *(f"EXISTS (SELECT 1 FROM {reason.rows})" for reason in _reasons())]
    ).replace("{run}", run)
    return (
        f"EXISTS (SELECT 1 FROM {RUN} kept WHERE kept.id = {run} AND kept.state = 'succeeded' "
        f"AND kept.deleted_at IS NULL AND ({any_reason}))"
    )


def _asking_after(change: Change) -> Iterator[Trigger]:
    name = f"record_{change.table}"
    new, old = (change.runs.replace("{row}", row) for row in ("NEW", "OLD"))
    both = f"{new} UNION {old}" if new.startswith("SELECT") else f"{new}, {old}"
    updated, condition = f"UPDATE OF {', '.join(change.columns)}", has_changed(*change.columns)
    yield Trigger(f"{name}_updated", change.table, updated, _ask(both), condition)
    if change.is_parent:
        return
    yield Trigger(f"{name}_new", change.table, "INSERT", _ask(new))
    yield Trigger(f"{name}_gone", change.table, "DELETE", _ask(old))


def _record_earlier(cursor: Any) -> None:
    """Record the runs that are older than the record.

    Nobody knows which of them were looked at: those count as judged that are kept, or that somebody
    has deleted. What processes record meanwhile is in both tables or in none, so the difference of
    the two is what is missing in the sums.
    """
    cursor.execute(
        f"INSERT INTO {RUNS} (run_id, project_id, endpoint_id, is_done, is_failed, is_judged, "
        "is_kept, paid) SELECT run.id, run.project_id, run.endpoint_id, run.state = 'succeeded', "
        f"run.state = 'failed', run.deleted_by_id IS NOT NULL OR {is_kept('run.id')}, "
        f"{is_kept('run.id')}, COALESCE(reported, billed, expected) FROM {RUN} run "
        "LEFT JOIN playground_charge charge ON charge.run_id = run.id "
        "AND charge.state = 'settled' ON CONFLICT DO NOTHING"
    )
    written = ", ".join(f"-{name}" for name in RecordSum.FIGURES)
    rows = (
        f"{_of_run('earlier')} FROM {RUNS} earlier",
        *(source.earlier for source in _sources()),
        f"SELECT project_id, endpoint_id, {written} FROM {SUMS} WHERE project_id IS NOT NULL",
    )
    cursor.execute(add_to_sums(" UNION ALL ".join(rows)))
