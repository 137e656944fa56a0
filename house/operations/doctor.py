"""Finds what is wrong with this deployment, with remedies: `manage.py doctor`.

Each check looks at one thing and yields what it found. No check pays, sends mail, or changes
anything but a small file that it writes to a folder and deletes again. The status page shows the
checks that need no other machine.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
import uuid
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage, default_storage, storages
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from accounts.second_factor import encryption
from core.db import clock, pooling
from core.db.encrypted_field import SALT
from core.encryption import count_lost
from core.formatting import counted, duration, size
from core.storage import describe_error, describe_place
from core.version import full_version
from features.notifications.models import Channel
from features.sharing.models import Share
from house.operations import files_check, growth, reach, status
from house.operations.backup import nightly
from house.operations.findings import Check, Finding, advice, bad, ok
from house.operations.metrics import reporting
from house.operations.models import Backup
from runs.costs import daily_sums
from runs.models import KeptFigures
from runs.progress import worker_status

CLOCK_MAY_DIFFER = timedelta(seconds=5)
LEAST_FREE_BYTES = 1_000_000_000
NETWORK_FILE_SYSTEMS = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "afs", "ceph"}
NEWEST_DAYS = 7
LEAST_SQLITE = (3, 38)
LEAST_POSTGRESQL = (14, 0)
KEY_FILES = ("key.env", "admin-key.env")
MOUNTS = Path("/proc/mounts")


# --- here -------------------------------------------------------------------------------------


def _database() -> Iterator[Finding]:
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        reason = str(error).strip().splitlines()[0]
        yield bad(
            "database",
            f"The database of DATABASE_URL cannot be used ({reason}).",
            "Start it, or correct DATABASE_URL: special characters of a password must be "
            "percent-encoded.",
        )
        return
    number = connection.get_database_version()
    least = LEAST_SQLITE if settings.IS_SQLITE else LEAST_POSTGRESQL
    name = "SQLite" if settings.IS_SQLITE else "PostgreSQL"
    words = f"{name} {'.'.join(map(str, number))}"
    if number < least:
        yield bad("database", f"{words} is too old.", f"Use {'.'.join(map(str, least))} or newer.")
    else:
        yield ok("database", f"{words} answers.")
    if not settings.IS_SQLITE:
        yield from _postgresql()
    if settings.IS_SQLITE and settings.PUBLIC_URL:
        yield advice(
            "database",
            "This server has SQLite, which only processes of one machine can use.",
            "PostgreSQL lets several machines work together; OPERATING.md says how.",
        )


def _postgresql() -> Iterator[Finding]:
    if pooling.is_by_transaction():
        yield bad("database", f"T{pooling.PROBLEM[1:]}", pooling.REMEDY)
    encoding = connection.connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        yield bad(
            "database",
            f"The database is in {encoding}: what has other letters, or emoji, cannot be stored.",
            "Make one in UTF-8 (createdb --encoding UTF8 --template template0), name it in "
            "DATABASE_URL, and restore a backup into it.",
        )


def _migrations() -> Iterator[Finding]:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        yield bad(
            "migrations",
            f"{len(plan)} migrations are not applied, such as {plan[0][0]}.",
            "Run “manage.py migrate”, once.",
        )
    else:
        yield ok("migrations", "All migrations are applied.")


def _settings() -> Iterator[Finding]:
    if settings.PUBLIC_URL and not settings.RATE_LIMITS:
        yield bad(
            "settings",
            "RATE_LIMITS is 0: anybody may ask, start runs and upload as fast as they like.",
            "Take it out of .env; 0 is for load tests.",
        )
    if settings.DEBUG and settings.PUBLIC_URL:
        yield bad(
            "settings", "DEBUG is on, although others use this server.", "Take DEBUG out of .env."
        )
    if not settings.PUBLIC_URL:
        yield advice(
            "settings",
            "PUBLIC_URL is not set: mails with links are not sent, and fal's webhooks do not "
            "arrive.",
            "Set it to the address that people open; on your own machine you do not need it.",
        )
    elif urlsplit(settings.PUBLIC_URL).scheme != "https":
        yield bad(
            "settings",
            "PUBLIC_URL is not https: others can read passwords and sessions in transit.",
            "Put a proxy with TLS in front; OPERATING.md has one for nginx and one for Caddy.",
        )
    else:
        yield ok("settings", f"People open {settings.PUBLIC_URL}.")


def _upstreams() -> Iterator[Finding]:
    named = {worker.upstream for worker in worker_status.workers_alive()} - {"", settings.UPSTREAM}
    for upstream in sorted(named):
        yield bad(
            "UPSTREAM",
            f"A worker sends runs to {upstream}, and UPSTREAM is {settings.UPSTREAM} here.",
            "Write the same UPSTREAM into the .env of all processes, and restart them.",
        )


def _secret_key() -> Iterator[Finding]:
    own_key = reporting.secret_key()
    kinds = {row.kind for row in reporting.processes() if row.secret_key not in {own_key, None}}
    for kind in sorted(kinds):
        yield bad(
            "SECRET_KEY",
            f"The {kind} process runs with another SECRET_KEY than this one.",
            "Give all processes the same one, and restart them together: sessions, second factors "
            "and live sessions depend on it.",
        )


def _static_files() -> Iterator[Finding]:
    if settings.DEBUG or (Path(settings.STATIC_ROOT) / "staticfiles.json").exists():
        return
    yield bad(
        "static files",
        f"There are no static files in {settings.STATIC_ROOT}: pages fail or have no styles.",
        "Run “manage.py collectstatic --no-input”; release.sh and “make run” do.",
    )


def _secrets() -> Iterator[Finding]:
    """Yield what was encrypted with another SECRET_KEY, as after a restore without it."""
    datas = Authenticator.objects.values_list("data", flat=True)
    factors = [data[name] for data in datas for name in encryption.SECRETS if name in data]
    channels = _encrypted(Channel.objects.filter(deleted_at=None), "address")
    encrypted_by_kind = {
        "shares: “Renew address” on their pages": (SALT, _encrypted(Share.objects.live(), "token")),
        "channels for notifications: their owners enter the address again": (SALT, channels),
        "second factors: an admin removes them": (encryption.SALT, factors),
    }
    for kind, (salt, tokens) in encrypted_by_kind.items():
        if count := count_lost(salt, tokens):
            remedy = (
                "Put the former SECRET_KEY into SECRET_KEY_FALLBACKS, or do what stands after "
                "the colon."
            )
            yield bad("secrets", f"SECRET_KEY does not decrypt {count:,} of the {kind}.", remedy)


def _encrypted(rows: QuerySet[Any], column: str) -> Iterator[str]:
    raw = rows.exclude(**{column: ""}).annotate(raw=Cast(column, TextField()))
    yield from raw.values_list("raw", flat=True).iterator()


def _permissions() -> Iterator[Finding]:
    data = Path(settings.VAR_DIR)
    secret = [settings.BASE_DIR / ".env", data / ".env"]
    secret += [folder / name for folder in (data, data.parent) for name in KEY_FILES]
    open_files = [file for file in secret if file.exists() and _is_readable_by_others(file)]
    for file in open_files:
        yield bad("permissions", f"{file} can be read by others.", f"chmod 600 {file}")
    if not open_files:
        yield ok("permissions", "No file with secrets can be read by others.")


def _is_readable_by_others(file: Path) -> bool:
    return bool(file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))


def _disks() -> Iterator[Finding]:
    for area, folder in _folders().items():
        present = _present(folder)
        # Without X nothing in a folder can be opened; its parent may be closed, too.
        is_closed = present != folder and not os.access(present, os.X_OK)
        access = os.R_OK | os.X_OK | (os.W_OK if area != "backups" else 0)  # only a worker writes
        if is_closed or not os.access(present, access):
            yield bad(
                "disk",
                f"{area} cannot be read and written to: {folder}.",
                "Give this account access.",
            )
            continue
        free = shutil.disk_usage(present).free
        if free < LEAST_FREE_BYTES:
            yield bad(
                "disk",
                f"The disk of {area} ({folder}) has {size(free)} free.",
                "Make room; what grows is listed below, with its limit.",
            )
        else:
            yield ok("disk", f"{area}: {size(free)} free on the disk of {folder}.")
        if kind := _network_file_system(present):
            is_database = settings.IS_SQLITE and area == "the database"
            yield (bad if is_database else advice)(
                "file system",
                f"{folder} is on a network file system ({kind})"
                + (", on which SQLite's locks do not hold." if is_database else "."),
                "Put it on a local disk, or use PostgreSQL."
                if is_database
                else "It works; while it is away, only pages without files work.",
            )


def _present(folder: Path) -> Path:
    """Return the folder, or its nearest parent that this account can see."""
    visible = (path for path in (folder, *folder.parents) if os.access(path, os.F_OK))
    return next(visible, Path("/"))


def _folders() -> dict[str, Path]:
    folders = {"this Vitrine's data": Path(settings.VAR_DIR)}
    if settings.IS_SQLITE:
        folders["the database"] = Path(str(connection.settings_dict["NAME"])).parent
    if isinstance(default_storage, FileSystemStorage):
        folders["results and uploads"] = Path(default_storage.location)
    if settings.BACKUP_TO and "/" in settings.BACKUP_TO:
        folders["backups"] = Path(settings.BACKUP_TO)
    return folders


def _network_file_system(folder: Path) -> str:
    """Return the type of a folder's network file system; empty for a local one."""
    if not MOUNTS.exists():
        return ""
    best, kind = "", ""
    for line in MOUNTS.read_text().splitlines():
        _, at, its_kind, *_ = line.split(" ")
        at = at.replace("\\040", " ")
        is_above = folder == Path(at) or Path(at) in folder.parents
        if is_above and len(at) > len(best):
            best, kind = at, its_kind
    return kind if kind in NETWORK_FILE_SYSTEMS else ""


def _growing() -> Iterator[Finding]:
    for growing_table in growth.things():
        yield ok("grows", f"{growing_table.name}: {growing_table.amount}. {growing_table.limit}")


def _files() -> Iterator[Finding]:
    """Yield what the last comparison of storage and rows has found."""
    scan = KeptFigures.objects.filter(kind=files_check.FIGURES).exclude(made_at=None).first()
    if scan is None:
        yield ok(
            "files", "The storage has not been compared with the database yet; a worker will do it."
        )
    elif any(scan.values[key] for key in ("orphans", "lost", "uploads")):
        examples = ", ".join(scan.values.get("examples", ()))
        yield advice(
            "files",
            files_check.in_words(scan.values) + (f" For example: {examples}." if examples else ""),
            "“manage.py check_files” lists them; with --mend it deletes files without a row, and "
            "marks results without a file as lost. First check whether a backup has the lost "
            "files.",
        )
    else:
        yield ok("files", "Each file has a row, and each row its file.")


def _sums() -> Iterator[Finding]:
    """Yield whether the newest daily sums equal the costs of the runs; a worker checks all."""
    yield from _sums_of(list(daily_sums.days())[-NEWEST_DAYS:])


def _all_sums() -> Iterator[Finding]:
    yield from _sums_of(daily_sums.days())


def _sums_of(some_days: Iterable[date]) -> Iterator[Finding]:
    days = [day for day in some_days if daily_sums.differ(day)]
    if days:
        yield bad(
            "sums",
            f"The sums of {counted(len(days), 'day')} differ from what their runs have cost, "
            f"such as those of {days[0]:%-d %B %Y}.",
            "A worker adds them up again every night; “manage.py rebuild_spending” does so now. "
            "Stop all processes of an earlier version.",
        )
    else:
        yield ok("sums", "The sums of each day equal what its runs have cost.")


def _storage() -> Iterator[Finding]:
    yield from _tried("storage", default_storage, "MEDIA_STORAGE")
    if settings.BACKUP_TO:
        yield from _tried("backups", storages["backups"], "BACKUP_TO")


def _tried(area: str, storage: Storage, setting: str) -> Iterator[Finding]:
    """Write a small file, read it and delete it; then it has to be missing."""
    name = f"doctor-{uuid.uuid4().hex}"
    try:
        stored_name = storage.save(name, ContentFile(b"well"))
        with storage.open(stored_name) as file:
            is_whole = file.read() == b"well"
        storage.delete(stored_name)
    except Exception as error:  # other storages raise anything
        yield bad(
            area,
            f"A file could not be stored in {describe_place(storage)} ({describe_error(error)}).",
            f"Repair the place that {setting} names, or this account's access to it.",
        )
        return
    try:
        storage.exists(stored_name)
    except Exception as error:  # S3 answers 403 to accounts that may not list the bucket
        yield bad(
            area,
            f"{describe_place(storage)} does not say whether a file is missing "
            f"({describe_error(error)}), so results are not stored there.",
            "Let this account list it, too; on S3 that is s3:ListBucket for the bucket itself.",
        )
        return
    if is_whole:
        yield ok(area, f"A file was stored in {describe_place(storage)}, read and deleted.")
    else:
        yield bad(
            area, f"{describe_place(storage)} returned a different file.", f"Correct {setting}."
        )


def _problems() -> Iterator[Finding]:
    """Yield the status page's problems: of workers, their keys, the sync, backups."""
    problems = status.problems()
    for problem in problems:
        yield bad("work", problem, "The status page has more: /admin/status/.")
    if not problems:
        count = len(worker_status.workers_alive())
        yield ok(
            "work", f"{counted(count, 'worker')} at work; sync and backups are as they should be."
        )


def _backups() -> Iterator[Finding]:
    if not settings.BACKUP_TO:
        yield advice(
            "backups",
            "No backups are made automatically.",
            "Set BACKUP_TO to a folder on another disk; the worker makes and proves one a day.",
        )
        return
    if not settings.BACKUP_PASSPHRASE:
        yield advice(
            "backups",
            "BACKUP_PASSPHRASE is not set, so SECRET_KEY is in no backup.",
            "Set it, and keep it elsewhere: without SECRET_KEY, second factors are lost.",
        )
    places = _folders()
    if backups := places.pop("backups", None):
        names = [name for name, folder in places.items() if _disk_of(folder) == _disk_of(backups)]
        if names:
            yield advice(
                "backups",
                f"BACKUP_TO is on the disk of {' and '.join(names)}: both are lost with it.",
                "Set it to another disk or machine.",
            )
    last = Backup.objects.exclude(state=Backup.State.RUNNING).first()
    if last is None:
        yield advice(
            "backups",
            "No backup was made yet.",
            "A worker makes the first within a minute of its start, then one each day at "
            f"{settings.BACKUP_AT:%H:%M}.",
        )
    elif not list(nightly.problems()):  # those are among the problems of the status page
        yield ok("backups", f"The last one, {last}, is {last.get_state_display()}.")
    if not settings.IS_SQLITE and shutil.which("pg_dump") is None:
        yield bad(
            "backups",
            "Backups need pg_dump, which is not installed.",
            "Install PostgreSQL's client programs (Debian: postgresql-client).",
        )


def _disk_of(folder: Path) -> int:
    return _present(folder).stat().st_dev


# --- elsewhere --------------------------------------------------------------------------------


def _clock() -> Iterator[Finding]:
    local_time, database_time = timezone.now(), clock.now(resync_every_s=0)
    if abs(local_time - database_time) > CLOCK_MAY_DIFFER:
        apart = duration(abs(local_time - database_time))
        yield bad(
            "clock",
            f"This machine's clock and the database's are {apart} apart.",
            "Synchronize both with a time server (NTP): codes of second steps depend on the time.",
        )
    else:
        yield ok("clock", "This machine's clock agrees with the database's.")


def _python() -> Iterator[Finding]:
    words = f"Python {'.'.join(map(str, sys.version_info[:3]))}"
    yield ok("versions", f"Vitrine {full_version()} on {words}.")


# The checks that the status page shows beside its own figures: they write and request nothing.
QUIET: tuple[Check, ...] = (
    *(_settings, _secret_key, _static_files, _permissions, _disks, _backups, _files, _growing),
)
ALL: tuple[Check, ...] = (
    *(_python, _database, _migrations, _clock, _problems, _upstreams, _secrets, *QUIET),
    *(_sums, _storage, *reach.ALL),
)
# With every day's sums, which takes long after a million runs.
THOROUGH: tuple[Check, ...] = tuple(_all_sums if check is _sums else check for check in ALL)
