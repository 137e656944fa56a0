"""Runs the checks before a process starts.

`manage.py` and `config/asgi.py` share them, so that `make run` and a worker or web process started
alone fail on the same conditions with the same messages.
"""

from __future__ import annotations

import logging
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import storages
from django.db import DatabaseError, InterfaceError, OperationalError, connection

from config.starting import disk, migrations, private_files

# Commands that use the database and the media files. The patient ones run for long or are
# restarted, so they wait for a database that is unavailable; the others cannot work without it.
PATIENT_COMMANDS = {"worker", "realtime"}
COMMANDS = {"up", "sync_models", *PATIENT_COMMANDS}

log = logging.getLogger(__name__)


def require(*, is_patient: bool) -> None:
    """Check disk, database and MEDIA_ROOT, then make the files in `var/` private.

    Raises ImproperlyConfigured where a check fails. A process that `is_patient` may start while the
    database does not respond.
    """
    disk.require_space(_folders())
    require_database(is_patient=is_patient)
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


def require_database(*, is_patient: bool) -> None:
    """Check that the database responds and that this code can upgrade it, as `require` does."""
    try:
        migrations.require_known()
    except (DatabaseError, InterfaceError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        if is_patient and _may_pass(error):
            log.warning("the database does not answer yet (%s); it is asked again", reason)
            return
        raise ImproperlyConfigured(
            f"the database of DATABASE_URL cannot be used ({reason})."
        ) from error


def _may_pass(error: Exception) -> bool:
    """Whether waiting may help: a server that starts, or SQLite's lock, but no file that is none.

    A worker waited for ever for a database in a folder that did not exist.
    """
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    return connection.vendor != "sqlite" or "locked" in str(error)
