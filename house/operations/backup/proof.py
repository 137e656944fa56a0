"""Proves a backup: restores it beside the database in use and checks all of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from django.db import connection
from django.db.migrations.loader import MigrationLoader

from core.db import clock
from core.db.squashes import SQUASHED, is_replaced
from core.formatting import counted
from core.storage import checksum, describe_error
from core.version import full_version
from house.operations.backup import database, leftovers, pages
from house.operations.backup.database import Say, Scratch
from house.operations.backup.place import About, Content, NoBackup, Place, content_name
from house.operations.models import Backup

MOST_NAMED = 3


def prove(place: Place, name: str, say: Say) -> list[str]:
    """Return sentences about what is wrong with a backup; empty if it can be relied upon.

    Records the result in the backup's row, if it was made here.
    """
    try:
        trouble = list(_findings(place, name, say))
    except NoBackup as error:
        trouble = [str(error)]
    except OSError as error:
        trouble = [f"It cannot be read ({describe_error(error)})."]
    state = Backup.State.DOUBTED if trouble else Backup.State.PROVED
    Backup.objects.filter(name=name).update(
        state=state, proved_at=clock.now(), trouble="\n".join(trouble)
    )
    return trouble


def _findings(place: Place, name: str, say: Say) -> Iterator[str]:
    about = place.about(name)
    require_fits(about)
    yield from check_files(place, about, say)
    with leftovers.folder("proof") as folder:
        file = fetch_database(place, about, folder)
        with database.scratch("proof") as restored:
            restored.fill(file, say)
            yield from check_database(about, restored, say)
            restored.migrate()
            say("Pages are rendered from it")
            yield from _compared(about, restored)


def require_fits(about: About) -> None:
    """Raise NoBackup, naming both versions, if this code cannot read a backup."""
    if about.engine != connection.vendor:
        raise NoBackup(
            f"{about.name} is of {about.engine}, and DATABASE_URL names {connection.vendor}. "
            "Restore it into a database of its kind."
        )
    present = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    known_migrations = set(present).union(*(migration.replaces for migration in present.values()))
    squashes = [key for key in present if SQUASHED in key[1]]
    unknown = set(about.migrations) - known_migrations
    newer = sorted(key for key in unknown if not any(is_replaced(key, s) for s in squashes))
    if newer:
        raise NoBackup(
            f"{about.name} was made by Vitrine {about.version}, which is newer than this one, "
            f"{full_version()}: it has {'.'.join(newer[0])}, which is unknown here. Install "
            f"Vitrine {about.version} or a later one, then restore it."
        )


def fetch_database(place: Place, about: About, folder: Path) -> Path:
    """Copy the database's file here; raises NoBackup if it is missing or damaged."""
    file, stored_name = folder / about.database, f"{about.name}/{about.database}"
    try:
        is_whole = place.storage.size(stored_name) == about.database_bytes
        if is_whole:
            with place.storage.open(stored_name) as stored_file, file.open("wb") as local_copy:
                shutil.copyfileobj(stored_file, local_copy)
            with file.open("rb") as local_copy:
                is_whole = checksum(local_copy) == (about.database_digest, about.database_bytes)
    except FileNotFoundError:
        raise NoBackup(f"The database of {about.name} is missing.") from None
    if not is_whole:
        raise NoBackup(f"The database of {about.name} is damaged: it is not what was written.")
    return file


def check_files(place: Place, about: About, say: Say) -> Iterator[str]:
    """Yield what is wrong with a backup's files: reads each one and checks its hash."""
    names: dict[str, Content] = {}
    missing: list[str] = []
    damaged: list[str] = []
    for content in place.files(about):
        names.setdefault(content.digest, content)
    for number, (digest, content) in enumerate(names.items(), 1):
        say(f"Hashes: {number * 100 // len(names)} % of {len(names):,}")
        try:
            is_whole = place.storage.size(content_name(digest)) == content.size_bytes
            if is_whole:
                with place.storage.open(content_name(digest)) as file:
                    is_whole = checksum(file) == (digest, content.size_bytes)
            if not is_whole:
                damaged.append(content.name)
                place.set_aside(digest)
        except FileNotFoundError:
            missing.append(content.name)
    if missing:
        yield f"{counted(len(missing), 'file')} missing in it: {_some(missing)}."
    if damaged:
        yield f"{counted(len(damaged), 'file')} damaged in it: {_some(damaged)}."


def check_database(about: About, restored: Scratch, say: Say) -> Iterator[str]:
    """Yield what is wrong with a restored database: rows by table, and its integrity."""
    say("Its rows are counted")
    row_counts = restored.count(list(about.tables))
    for table, rows in about.tables.items():
        if table not in row_counts:
            yield f"The table {table} is missing in it."
        elif row_counts[table] != rows:
            yield f"The table {table} has {row_counts[table]:,} rows, and had {rows:,}."
    yield from (f"The database is damaged: {line}." for line in restored.check())


def _compared(about: About, restored: Scratch) -> Iterator[str]:
    """Yield the pages that show something else than when the backup was made."""
    answers = pages.render(restored.url, "", about.made_at)
    if about.version != full_version():  # other code may word pages otherwise, but must render them
        broken = [address for address, page in answers.items() if page[0] == "5"]
        if broken:
            yield f"{counted(len(broken), 'page')} cannot be shown: {_addresses(broken)}."
        return
    differing = [address for address in about.pages if answers.get(address) != about.pages[address]]
    if differing:
        yield f"{counted(len(differing), 'page')} differ: {_addresses(differing)}."


def _addresses(keys: list[str]) -> str:
    return _some([key.partition(" ")[2] for key in keys])


def _some(names: list[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
