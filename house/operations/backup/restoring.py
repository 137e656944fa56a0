"""Restores a backup beside what is in use, proves it there, and only then replaces what is in use.

So it does with the copy of the database that `migrate` makes, to go back to the version before.

The former database stays aside under a name that is printed at the end; the operator deletes it.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import DatabaseError, connections

from core import storage
from core.formatting import counted, size
from core.storage import checksum
from house.operations.backup import database, leftovers, proof, sealing
from house.operations.backup.database import Say
from house.operations.backup.place import About, Content, NoBackup, Place, content_name
from runs.progress import worker_status

Ask = Callable[[str], bool]


@dataclass
class RestoreResult:
    """The outcome of a restore, and what its operator has to know."""

    about: About
    files: int
    aside: str  # where the former database is; empty: there was none
    remarks: Sequence[str]


def restore(place: Place, name: str, say: Say, ask: Ask) -> RestoreResult:
    """Restore a backup; raises NoBackup, and then has changed nothing in use, only added files.

    `ask` is called before anything in use is put aside, and when something is unsafe.
    """
    about = place.about(name)
    proof.require_fits(about)
    _require_stopped()
    is_used = _ask_to_replace(name, ask)
    trouble = list(proof.check_files(place, about, say))
    if trouble and not ask(f"{' '.join(trouble)} Restore the rest?"):
        raise NoBackup("Nothing was changed.")
    _require_room(about)
    with leftovers.folder("restore") as folder:
        file = proof.fetch_database(place, about, folder)
        with _beside(file, say) as restored:
            if wrong := list(proof.check_database(about, restored, say)):
                raise NoBackup(" ".join(wrong))
            say("The database is migrated to this version")
            restored.migrate()
            held_count = restored.hold_unsent()
            count = _restore_files(place, about, say)
            aside = _replace(restored, say, is_used=is_used)
    remarks = [*trouble, *_remarks(about), *_remarks_on_held(held_count)]
    return RestoreResult(about, count, aside, remarks)


def put_back(file: Path, say: Say, ask: Ask) -> tuple[str, list[str]]:
    """Replace the database in use by a copy from before a migration, and migrate nothing.

    Returns the name of the former database, and remarks; raises NoBackup before anything changes.
    Files stay as they are.
    """
    suffix = ".sqlite3" if settings.IS_SQLITE else ".dump"
    if file.suffix != suffix:
        raise NoBackup(f"{file} is no copy of this kind of database, whose names end in {suffix}.")
    _require_stopped()
    is_used = _ask_to_replace(file.name, ask)
    with _beside(file, say) as restored:
        if wrong := restored.check():
            raise NoBackup(f"The copy is damaged: {' '.join(wrong)}")
        held_count = restored.hold_unsent()
        aside = _replace(restored, say, is_used=is_used)
    return aside, list(_remarks_on_held(held_count))


def _ask_to_replace(name: str, ask: Ask) -> bool:
    """Return whether anything is in use that `name` replaces; raises NoBackup if it has to stay."""
    is_used = database.exists() and not database.is_empty()
    if is_used and not ask(
        f"{_in_use()} is in use. It will be put aside, and {name} will take its place. Go on?"
    ):
        raise NoBackup("Nothing was changed.")
    return is_used


@contextmanager
def _beside(file: Path, say: Say) -> Iterator[database.Scratch]:
    """Fill a database beside the one in use, and drop it if the block fails."""
    restored = database.new_scratch("restore")
    try:
        restored.fill(file, say)
        yield restored
    except BaseException:
        restored.drop()
        raise


def _replace(restored: database.Scratch, say: Say, *, is_used: bool) -> str:
    """Let a database take the place of the one in use; return the name of that one, if used."""
    aside = _aside()
    say("It replaces the database in use")
    database.take_the_place(restored, aside)
    if is_used:
        return aside
    database.Scratch(aside).drop()  # nobody has made anything in it
    return ""


def _require_stopped() -> None:
    """Raise NoBackup while a process writes to the database that is to be put aside."""
    try:
        alive = worker_status.workers_alive()
    except DatabaseError:  # broken or empty, which is what a restore is for
        return
    if alive:
        raise NoBackup(
            f"{counted(len(alive), 'worker')} at work. Stop all processes of this Vitrine, "
            "wait half a minute, then restore."
        )


def _require_room(about: About) -> None:
    """Raise NoBackup before anything starts if the database, twice, and the files do not fit."""
    places = {Path(tempfile.gettempdir()): about.database_bytes}
    if settings.IS_SQLITE:
        folder = Path(str(connections["default"].settings_dict["NAME"])).parent
        places[folder] = places.get(folder, 0) + about.database_bytes
    if isinstance(default_storage, FileSystemStorage):
        folder = Path(default_storage.location)
        folder.mkdir(parents=True, exist_ok=True)
        places[folder] = places.get(folder, 0) + about.files_bytes - _present_bytes(folder, about)
    for folder, needed_bytes in places.items():
        free = shutil.disk_usage(folder).free
        if free < needed_bytes:
            raise NoBackup(
                f"This restore needs {size(needed_bytes)} on the disk of {folder}, which has "
                f"{size(free)} free. Make room there first; nothing was changed."
            )


def _present_bytes(folder: Path, about: About) -> int:
    """Return about how many bytes of the files are here already, at most what the folder holds."""
    if not any(folder.iterdir()):
        return 0
    present_bytes = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return min(present_bytes, about.files_bytes)


def _restore_files(place: Place, about: About, say: Say) -> int:
    """Copy the files that our storage lacks or has with other content; return their number."""
    count = 0
    for number, content in enumerate(place.files(about), 1):
        say(f"Files: {number * 100 // about.files} % of {about.files:,}")
        if not _is_here(content):
            try:
                with place.storage.open(content_name(content.digest)) as file:
                    if default_storage.exists(content.name):
                        default_storage.delete(content.name)
                    storage.write(content.name, File(file), content.size_bytes)
            except FileNotFoundError:
                continue  # the operator was told and continued
            count += 1
    return count


def _is_here(content: Content) -> bool:
    if not default_storage.exists(content.name):
        return False
    if default_storage.size(content.name) != content.size_bytes:
        return False
    with default_storage.open(content.name) as file:
        return checksum(file) == (content.digest, content.size_bytes)


def _in_use() -> str:
    return f"The database {connections['default'].settings_dict['NAME']}"


def _aside() -> str:
    """Return the name under which the former database is kept."""
    name, stamp = str(connections["default"].settings_dict["NAME"]), time.strftime("%Y%m%d%H%M%S")
    if settings.IS_SQLITE:
        return str(Path(name).with_name(f"{Path(name).stem}.before-{stamp}.sqlite3"))
    return f"{name}_before_{stamp}"[-63:]


def _remarks_on_held(count: int) -> Iterator[str]:
    if count:
        yield (
            f"{counted(count, 'run')} waited to be sent when it was made, and may have been "
            "sent since. They are unconfirmed now, until upstream's list or the people who "
            "started them say what became of them."
        )


def _remarks(about: About) -> list[str]:
    """Return what the operator has to know about secrets and files that no backup had."""
    remarks = []
    if about.missing:
        remarks.append(f"{counted(len(about.missing), 'file')} were missing when it was made.")
    own_secrets = sealing.secrets()
    if not about.sealed:
        remarks.append(
            "It holds no secrets: with another SECRET_KEY than its own, second factors, tokens of "
            "shares and addresses of channels cannot be read."
        )
        return remarks
    secrets = sealing.unseal(about.sealed, settings.BACKUP_PASSPHRASE)
    if secrets is None:
        remarks.append(
            "BACKUP_PASSPHRASE is not the one that sealed its secrets, so they stay sealed."
        )
    elif differing := [name for name, value in secrets.items() if own_secrets.get(name) != value]:
        remarks.append(
            f"Its {' and '.join(differing)} differ from this place's: “restore --secrets FILE” "
            "writes them to a file, for .env."
        )
    return remarks
