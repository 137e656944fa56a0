"""Refuses a database that is newer than this code, too old for it to upgrade, or not migrated."""

from __future__ import annotations

import pkgutil
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from core.db.squashes import SQUASHED, Key, is_replaced
from core.version import as_numbers, full_version

TABLE = "django_migrations"
DATA_VERSION = "operations_dataversion"


@dataclass(frozen=True)
class Stone:
    """A stepping stone: a version to which the data of earlier versions must be upgraded first."""

    version: str
    commit: str = ""  # where it has no tag

    @property
    def way(self) -> str:
        """Return the instructions to upgrade by it, for a checkout and for a package."""
        name = f"Vitrine {self.version}" + (f" (commit {self.commit})" if self.commit else "")
        package = (
            f"'vitrine @ git+<address of the repository>@{self.commit}'"
            if self.commit
            else f"vitrine=={self.version}"
        )
        return (
            f"upgrade to {name} first: `git checkout {self.commit or f'v{self.version}'}`, or for "
            f"a package `pip install {package}`; `migrate`; then install this version again"
        )


# The last versions with migrations that were later squashed or removed, the oldest first.
STONES = (Stone("0.2.0", "3421455f"),)


def require_known(*, is_migrated: bool) -> None:
    """Raise ImproperlyConfigured if the database is newer than this code, or too old to upgrade.

    With `is_migrated` also if a migration of this code is not applied. Only reads, and closes its
    connection, so that threads and processes started later share none. Raises database errors.
    """
    try:
        recorded, migrated_by = _recorded(), _migrated_by()
    finally:
        connection.close()
    require(recorded, is_migrated=is_migrated, migrated_by=migrated_by)


def require(recorded: set[Key], *, is_migrated: bool, migrated_by: str = "") -> None:
    """Check, as `require_known` does, a database that has recorded these migrations.

    `migrated_by` is the version that migrated it, empty if none is recorded, as before 0.2.0.
    """
    if migrated_by:
        _require_no_stone_between(migrated_by)
    on_disk = _on_disk()
    squashes = sorted(key for key in on_disk if SQUASHED in key[1])
    unknown = recorded - on_disk
    unknown = {key for key in unknown if not any(is_replaced(key, s) for s in squashes)}
    _require_not_newer(unknown, migrated_by)
    for squash in squashes:
        if squash not in recorded:
            replaced = replaced_by(squash)
            # Older releases have recorded the migrations that a squash replaces, not the squash.
            applied = {key for key in recorded if is_replaced(key, squash)}
            _require_all_or_none(replaced - recorded, applied)
            recorded = recorded | ({squash} if replaced <= recorded else set())
    if is_migrated:
        _require_applied(on_disk - recorded)


def _require_no_stone_between(migrated_by: str) -> None:
    """Refuse data that would skip a version whose migrations this version no longer has."""
    stone = next((s for s in STONES if as_numbers(migrated_by) < as_numbers(s.version)), None)
    if stone:
        raise ImproperlyConfigured(
            f"the data is of Vitrine {migrated_by}, which is older than {full_version()} can "
            f"upgrade: {stone.way}. Nothing was changed."
        )


def _require_not_newer(unknown: set[Key], migrated_by: str) -> None:
    if unknown:
        names = ", ".join(f"{app}.{name}" for app, name in sorted(unknown)[:3])
        more = f" and {len(unknown) - 3} more" if len(unknown) > 3 else ""
        by = f", {migrated_by}" if migrated_by else ""
        raise ImproperlyConfigured(
            f"the database was migrated by a newer Vitrine{by}; this one, {full_version()}, does "
            f"not know {names}{more}. Nothing was changed. Start the newer version, or restore a "
            "backup from before it."
        )


def _require_applied(missing: set[Key]) -> None:
    if missing:
        raise ImproperlyConfigured(
            f"the database is not migrated ({len(missing)} migrations are not applied, such as "
            f"{'.'.join(min(missing))}). Run `manage.py migrate` once, then start this again."
        )


def _require_all_or_none(missing: set[Key], applied: set[Key]) -> None:
    """Refuse a database with only some of the migrations that a squash replaces.

    Django would end with a traceback: it needs the replaced files, which are gone.
    """
    if missing and applied:
        raise ImproperlyConfigured(
            "the database is of an older Vitrine than this one can upgrade "
            f"({'.'.join(min(missing))} was never applied): {STONES[0].way}. Nothing was changed."
        )


def _recorded() -> set[Key]:
    """App label and name of each applied migration of an installed app; empty in a new database.

    Leaves out apps that are not installed: a removed app's rows stay and mean no newer version.
    """
    with connection.cursor() as cursor:
        if TABLE not in connection.introspection.table_names(cursor):
            return set()
        cursor.execute(f"SELECT app, name FROM {TABLE}")  # noqa: S608  a constant
        labels = {app.label for app in apps.get_app_configs()}
        return {(app, name) for app, name in cursor.fetchall() if app in labels}


def _migrated_by() -> str:
    """Return the version that migrated the database, empty if none is recorded."""
    with connection.cursor() as cursor:
        if DATA_VERSION not in connection.introspection.table_names(cursor):
            return ""
        cursor.execute(f"SELECT version FROM {DATA_VERSION} ORDER BY id DESC LIMIT 1")  # noqa: S608
        row = cursor.fetchone()
        return str(row[0]) if row else ""


def _on_disk() -> set[Key]:
    """App label and name of each migration file, without loading it, which takes 60 ms."""
    packages = {app.label: f"{app.name}.migrations" for app in apps.get_app_configs()}
    return {
        (label, module.name)
        for label, package in packages.items()
        if find_spec(package)
        for module in pkgutil.iter_modules(import_module(package).__path__)
    }


def replaced_by(squash: Key) -> set[Key]:
    """App label and name of each migration that `squash` replaces, from its file."""
    label, name = squash
    module = import_module(f"{apps.get_app_config(label).name}.migrations.{name}")
    return set(module.Migration.replaces)
