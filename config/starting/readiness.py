"""Runs the checks before a process starts.

`manage.py` and `config/asgi.py` share them, so that `make run` and a worker or web process started
alone fail on the same conditions with the same messages.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import storages
from django.db import DatabaseError, InterfaceError, OperationalError, connection

from config.starting import disk, migrations, private_files
from core.db import pooling

# Commands that use the database and the media files. The patient ones run for long or are
# restarted, so they wait for a database that is unavailable; the others cannot work without it.
PATIENT_COMMANDS = {"worker", "realtime"}
COMMANDS = {"up", "sync_models", "move_media", *PATIENT_COMMANDS}
# Commands that need only the database.
DATABASE_COMMANDS = {
    "migrate",
    "login_link",
    "token",
    "createsuperuser",
    "changepassword",
}
MIGRATING_COMMANDS = {"up", "migrate"}

log = logging.getLogger(__name__)


def require_for(command: str) -> None:
    """Run the checks that a command of `manage.py` needs; raises ImproperlyConfigured."""
    is_migrated = command not in MIGRATING_COMMANDS
    if command in COMMANDS:
        django.setup()
        require(is_patient=command in PATIENT_COMMANDS, is_migrated=is_migrated)
    elif command in DATABASE_COMMANDS:
        django.setup()
        require_database(is_patient=False, is_migrated=is_migrated)


def require(*, is_patient: bool, is_migrated: bool = True) -> None:
    """Check disk, database and MEDIA_ROOT, then make the files in `var/` private.

    Raises ImproperlyConfigured if a check fails. With `is_patient` the process may start while the
    database does not respond; only a process that migrates the database omits `is_migrated`.
    """
    disk.require_space(_folders())
    require_database(is_patient=is_patient, is_migrated=is_migrated)
    _require_storage_options()
    for folder in _folders()[1:]:
        disk.require_writable(folder)
    private_files.restrict(settings.VAR_DIR, private_files.database_files())


def _require_storage_options() -> None:
    """Create the storage of media files, which connects to nothing yet."""
    try:
        storages["default"]
    except Exception as error:  # storages of others raise anything
        raise ImproperlyConfigured(
            f"MEDIA_STORAGE_OPTIONS do not fit {settings.STORAGES['default']['BACKEND']} "
            f"({error or type(error).__name__})."
        ) from error


def _folders() -> list[Path]:
    """Return `var/` and, where media files are on this file system, MEDIA_ROOT."""
    is_disk = settings.STORAGES["default"]["BACKEND"] == disk.FILE_SYSTEM_STORAGE
    return [settings.VAR_DIR, *([Path(settings.MEDIA_ROOT)] if is_disk else [])]


def require_database(*, is_patient: bool, is_migrated: bool) -> None:
    """Check that the database responds and that this code can use it, as `require` does."""
    try:
        if pooling.is_by_transaction():
            raise ImproperlyConfigured(f"{pooling.PROBLEM} {pooling.REMEDY}")
        migrations.require_known(is_migrated=is_migrated)
    except (DatabaseError, InterfaceError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        if is_patient and _may_pass(error):
            log.warning("the database does not answer yet (%s); it is asked again", reason)
            return
        raise ImproperlyConfigured(
            f"the database of DATABASE_URL cannot be used ({reason})."
        ) from error


def require_static_files() -> None:
    """Raise ImproperlyConfigured unless the static files that pages name are collected.

    A page that names a missing one answers 500. Compares names alone: reading sources takes time.
    """
    from config.server import static_build  # the worker and commands do without it

    manifest = getattr(staticfiles_storage, "hashed_files", None)
    if settings.DEBUG or manifest is None:  # names without hashes
        return
    if missing := static_build.bundle_names() - manifest.keys():
        raise ImproperlyConfigured(
            f"the static files are not collected in {settings.STATIC_ROOT} ({min(missing)} is "
            "missing). Run `manage.py collectstatic --noinput` once, then start this again."
        )


def _may_pass(error: Exception) -> bool:
    """Whether retrying may help: with a server, or if SQLite is locked, but not with a bad file.

    A worker waited for ever for a database in a folder that did not exist.
    """
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    return connection.vendor != "sqlite" or "locked" in str(error)


def load_checked(load: Callable[[], Any]) -> Any:
    """Run the checks of the web process and return `load()`.

    Exits with one sentence if a check fails.
    """
    private_files.set_umask()
    try:
        django.setup()
        require(is_patient=True)
        require_static_files()
        return load()
    except ImproperlyConfigured as error:
        sys.exit(f"Vitrine did not start: {error}")
