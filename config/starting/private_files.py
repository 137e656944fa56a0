"""Keeps Vitrine's files readable by its own account only: folders 0700, files 0600."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.db import connection

FOLDER_MODE = 0o700
FILE_MODE = 0o600


def set_umask() -> None:
    """Set the umask, so that this process and its children create private files only."""
    os.umask(0o077)


def database_files() -> list[Path]:
    """Return the existing files of an SQLite database: itself, its WAL and the WAL's index."""
    name = connection.settings_dict["NAME"]
    if connection.vendor != "sqlite" or not Path(name).is_file():
        return []
    return [path for end in ("", "-wal", "-shm") if (path := Path(f"{name}{end}")).is_file()]


def restrict(folder: Path, files: Iterable[Path]) -> None:
    """Remove other accounts' permissions on `folder`, its direct entries, and `files`.

    Deeper entries become unreachable with that. Skips symbolic links and entries of other accounts,
    which only their owner may change. Raises ImproperlyConfigured if the system refuses.
    """
    entries = folder.iterdir() if folder.is_dir() else ()
    for path in [folder, *entries, *files]:
        try:
            _restrict_one(path)
        except FileNotFoundError:
            continue  # a journal or a socket that another process has just removed
        except OSError as error:
            raise ImproperlyConfigured(
                f"{path} can be read by other accounts and that cannot be changed "
                f"({error.strerror}); let the account that runs Vitrine own it."
            ) from error


def _restrict_one(path: Path) -> None:
    state = path.lstat()
    if stat.S_ISLNK(state.st_mode) or state.st_uid != os.getuid():
        return
    mode = FOLDER_MODE if stat.S_ISDIR(state.st_mode) else FILE_MODE
    if stat.S_IMODE(state.st_mode) & ~mode & 0o077:
        path.chmod(stat.S_IMODE(state.st_mode) & mode)
