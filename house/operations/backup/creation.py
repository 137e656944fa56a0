"""Makes backups, one at a time, and keeps the newest of them."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from core.db import clock
from core.formatting import counted, size
from core.process import identity
from core.storage import checksum, describe_error
from core.version import full_version
from house.operations.backup import database, leftovers, pages, sealing
from house.operations.backup.database import DatabaseCopy, Say
from house.operations.backup.place import NAME, About, Content, NoBackup, Place, content_name
from house.operations.models import SILENT, Backup

BEAT_EVERY_S = 2.0


class Busy(NoBackup):
    """Another backup is being made."""


def make(place: Place, reason: str, say: Say) -> Backup:
    """Make a backup; return the row that describes it. Raises NoBackup.

    A failed backup leaves only the contents that it has written, which the next one uses.
    """
    with _row(reason, say) as (row, tell), leftovers.folder("backup") as folder:
        _require_room(folder)
        moment = timezone.now()
        copy = database.take(folder, tell, partial(pages.render, moment=moment.isoformat()))
        about = _about(place, copy, moment)
        known_contents = _known(place)
        with copy.file.open("rb") as file:
            about.database_digest, about.database_bytes = checksum(file)
            _require_room_there(place, about.database_bytes)
            file.seek(0)
            place.write(f"{about.name}/{about.database}", file)
        row.written_bytes = about.database_bytes
        contents = list(_write_files(place, copy, about, known_contents, row, tell))
        about.files, about.files_bytes = len(contents), sum(item.size_bytes for item in contents)
        about.files_digest = place.write_files(about.name, contents)
        place.write_about(about)
        row.name, row.files = about.name, about.files
        row.size_bytes = about.database_bytes + about.files_bytes
        row.state, row.ended_at = Backup.State.MADE, clock.now()
        row.trouble = _missing_in_words(about.missing)
        row.step = ""
        row.save()
        _forget_old(row, place, say)
    return row


def describe(row: Backup) -> str:
    """Return a sentence about what a backup holds."""
    return (
        f"{row.name}: {counted(row.files, 'file')}, {size(row.size_bytes)} in all, "
        f"{size(row.written_bytes)} of it new."
    )


def is_running() -> bool:
    """Return True while a backup is being made, which needs files that a purge would delete."""
    return Backup.objects.filter(
        state=Backup.State.RUNNING, beat_at__gt=clock.now() - SILENT
    ).exists()


def end_killed() -> None:
    """Mark backups whose process was killed as failed."""
    for row in Backup.objects.filter(state=Backup.State.RUNNING):
        if row.beat_at < clock.now() - SILENT or identity.is_gone(row.process or ""):
            Backup.objects.filter(pk=row.pk, state=Backup.State.RUNNING).update(
                state=Backup.State.FAILED,
                ended_at=Now(),
                trouble="Its process ended before it was done.",
            )


def _forget_old(row: Backup, place: Place, say: Say) -> None:
    """Delete all but the newest BACKUPS_KEPT, and the contents that only the deleted ones had.

    If that fails, for example because of a damaged backup, the new backup is still whole.
    """
    try:
        place.delete_unfinished()
        old = [*filter(NAME.fullmatch, place.names())][: -settings.BACKUPS_KEPT]
        for name in old:
            place.delete(name)
        if old:
            count = place.sweep()
            say(f"{counted(len(old), 'old backup')} deleted, with {counted(count, 'file')}")
    except (NoBackup, OSError) as error:
        row.trouble = f"{row.trouble} Old backups stay: {error}".strip()
        row.save(update_fields=["trouble"])


@contextmanager
def _row(reason: str, say: Say) -> Iterator[tuple[Backup, Say]]:
    """Yield the row of a new backup and a reporter of steps; record failures. Raises Busy."""
    end_killed()
    try:
        with transaction.atomic():
            row = Backup.objects.create(reason=reason, process=identity.current())
    except IntegrityError:
        running = Backup.objects.filter(state=Backup.State.RUNNING).first()
        since = f", since {timezone.localtime(running.started_at):%H:%M}" if running else ""
        raise Busy(f"Another backup is being made{since}; this one is not needed.") from None
    said_at = -BEAT_EVERY_S

    def tell(step: str) -> None:
        nonlocal said_at
        if time.monotonic() - said_at > BEAT_EVERY_S:
            said_at = time.monotonic()
            row.step = step[:200]
            Backup.objects.filter(pk=row.pk).update(beat_at=Now(), step=row.step)
            say(step)

    try:
        yield row, tell
    except BaseException as error:
        why = str(error) if isinstance(error, NoBackup) else describe_error_of(error)
        Backup.objects.filter(pk=row.pk).update(
            state=Backup.State.FAILED, ended_at=Now(), step="", trouble=why
        )
        if isinstance(error, OSError):
            raise NoBackup(why) from error
        raise


def describe_error_of(error: BaseException) -> str:
    """Return why a backup failed, without the paths of files."""
    if isinstance(error, Exception):
        return f"{describe_error(error)}."
    return "It was stopped."


def _about(place: Place, database_copy: DatabaseCopy, moment: datetime) -> About:
    values = sealing.secrets()
    sealed = sealing.seal(values, settings.BACKUP_PASSPHRASE) if settings.BACKUP_PASSPHRASE else {}
    return About(
        name=_free_name(place, f"{moment:%Y-%m-%dT%H%M%SZ}"),
        made_at=moment.isoformat(),
        version=full_version(),
        engine=connection.vendor,
        migrations=list(database_copy.migrations),
        tables=dict(database_copy.tables),
        database=database_copy.file.name,
        database_digest="",
        database_bytes=0,
        secrets=sealing.SEALED if sealed else sealing.LEFT_OUT,
        sealed=sealed,
        pages=dict(database_copy.pages),
    )


def _free_name(place: Place, name: str) -> str:
    """Return the name, with a number if there is a backup of the same second."""
    used_names, number = set(place.names()), 1
    while (free := name if number == 1 else f"{name}-{number}") in used_names:
        number += 1
    return free


def _known(place: Place) -> dict[str, Content]:
    """Return the files of the newest backup by name: a name never gets other content."""
    for name in reversed(place.names()):
        with suppress(NoBackup):  # a damaged backup must not stop this one
            return {content.name: content for content in place.files(place.about(name))}
    return {}


def _write_files(
    place: Place, copy: DatabaseCopy, about: About, old: dict[str, Content], row: Backup, tell: Say
) -> Iterator[Content]:
    """Yield the content of each file that rows name; write contents that no backup has."""
    present = set(place.contents())
    for number, name in enumerate(copy.names, 1):
        tell(f"Files: {number * 100 // len(copy.names)} % of {len(copy.names):,}")
        content = old.get(name)
        if content is not None and content.digest in present:
            yield content
            continue
        try:
            with default_storage.open(name) as file:
                digest, size_bytes = checksum(file)
                if digest not in present:
                    file.seek(0)
                    place.write(content_name(digest), file)
                    present.add(digest)
                    row.written_bytes += size_bytes
        except FileNotFoundError:
            about.missing.append(name)
            continue
        yield Content(name, digest, size_bytes)


def _missing_in_words(missing: list[str]) -> str:
    if not missing:
        return ""
    return (
        f"{counted(len(missing), 'file')} that the database names could not be found in our "
        f"storage, such as {missing[0]}."
    )


def _require_room(folder: Path) -> None:
    """Raise NoBackup before anything starts if there is no room for a copy of the database."""
    demand = database_bytes()
    free = shutil.disk_usage(folder).free
    if free < demand:
        raise NoBackup(
            f"A copy of the database takes {size(demand)} for a while, and the disk of "
            f"{folder} has {size(free)} free. Make room there, or set TMPDIR to a folder on "
            "another disk."
        )


def _require_room_there(place: Place, demand: int) -> None:
    if place.folder is None:
        return
    place.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    free = shutil.disk_usage(place.folder).free
    if free < demand + settings.DISK_FLOOR_MB * 1_000_000:
        raise NoBackup(
            f"The disk of {place.folder} has {size(free)} free, and the database alone takes "
            f"{size(demand)}. Make room, or set BACKUPS_KEPT lower than {settings.BACKUPS_KEPT}."
        )


def database_bytes() -> int:
    """Return the size in bytes of the database in use."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_database_size(current_database())")
            return int(cursor.fetchone()[0])
        cursor.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
        return int(cursor.fetchone()[0])
