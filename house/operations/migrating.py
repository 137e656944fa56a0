"""Lets one process migrate at a time, and records which version has migrated the data.

Other processes wait, and then have nothing to do.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from core.db import clock
from core.formatting import counted, enumerated
from core.process import identity
from core.version import as_numbers, full_version, number, version
from house.operations.metrics import reporting
from house.operations.models import DataVersion, ServerProcess
from runs.models import Run, Worker
from runs.progress import worker_status

# Its migrations take away what processes of earlier versions read and write.
STOPS_ALL = "0.3.0"
FORMER_KEY = "project_key_id"  # of runs that were sent with a project's own key, before 0.3.0
LOCK = 7_303_014_641  # a PostgreSQL advisory lock; Vitrine chooses the numbers


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Hold the lock of all processes that migrate this database, also on other machines."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
        return
    file = Path(settings.VAR_DIR) / "migrating.lock"  # stays: waiting processes have it open
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def is_behind() -> bool:
    """Return True if a migration of this code is not applied."""
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def require_stopped() -> None:
    """Raise CommandError while processes are at work that this update has to stop.

    Before that, if runs under way need a key of a project, which only the former version has.
    """
    tables = {DataVersion._meta.db_table, ServerProcess._meta.db_table}
    if not tables <= {*connection.introspection.table_names()}:
        return  # a new database
    newest = DataVersion.objects.first()
    if newest is None or as_numbers(newest.version) >= as_numbers(STOPS_ALL):
        return
    if count := _runs_by_keys_of_projects():
        raise CommandError(
            f"{counted(count, 'run')} under way {'was' if count == 1 else 'were'} sent with a key "
            f"of a project, which this update deletes. Let Vitrine {newest.version} work until "
            "they have ended, or cancel them, then migrate again. Nothing was changed."
        )
    if at_work := _processes_at_work():
        raise CommandError(
            f"Processes of Vitrine {newest.version} are at work ({enumerated(at_work)}), and this "
            "update takes tables away that they need. Stop all processes, then migrate again; one "
            "that was killed on another machine counts for three minutes. Nothing was changed."
        )


def _runs_by_keys_of_projects() -> int:
    """Return the number of runs under way that were sent with a project's own key."""
    table = Run._meta.db_table
    with connection.cursor() as cursor:
        columns = connection.introspection.get_table_description(cursor, table)
        if FORMER_KEY not in {column.name for column in columns}:
            return 0
        final = [str(state) for state in Run.FINAL]
        cursor.execute(
            f"SELECT COUNT(*) FROM {table} WHERE {FORMER_KEY} IS NOT NULL "  # noqa: S608
            f"AND state NOT IN ({', '.join(['%s'] * len(final))})",
            final,
        )
        return int(cursor.fetchone()[0])


def _processes_at_work() -> list[str]:
    """Return the kinds of the processes that use the database; reads only columns of 0.2.0."""
    now = clock.now()
    workers = Worker.objects.filter(beat_at__gt=now - worker_status.ALIVE)
    others = ServerProcess.objects.filter(beat_at__gt=now - reporting.ALIVE)
    kind_by_name = dict.fromkeys(workers.values_list("name", flat=True), "worker")
    kind_by_name |= dict(others.values_list("identity", "kind"))
    return sorted(kind for name, kind in kind_by_name.items() if not identity.is_gone(name))


def note_version() -> None:
    """Record that this version has migrated the data, unless the newest row says so."""
    executor = MigrationExecutor(connection)
    now = {"version": full_version(), "migrations": len(executor.loader.disk_migrations)}
    if DataVersion.objects.values(*now).first() != now:
        DataVersion.objects.create(**now)


def is_of_this_version() -> bool:
    """Return True if a commit of this version has migrated the data; needs all migrations."""
    newest = DataVersion.objects.first()
    return newest is not None and number(newest.version) == version()
