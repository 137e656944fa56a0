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
from django.core import checks
from django.core.checks import CheckMessage
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
from house.operations.findings import Check
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


def _database() -> Iterator[CheckMessage]:
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        reason = str(error).strip().splitlines()[0]
        yield checks.Error(
            f"The database of DATABASE_URL cannot be used ({reason}).",
            "Start it, or correct DATABASE_URL: special characters of a password must be "
            "percent-encoded.",
            obj="database",
        )
        return
    number = connection.get_database_version()
    least = LEAST_SQLITE if settings.IS_SQLITE else LEAST_POSTGRESQL
    name = "SQLite" if settings.IS_SQLITE else "PostgreSQL"
    words = f"{name} {'.'.join(map(str, number))}"
    if number < least:
        yield checks.Error(
            f"{words} is too old.", f"Use {'.'.join(map(str, least))} or newer.", obj="database"
        )
    else:
        yield checks.Info(f"{words} answers.", obj="database")
    if not settings.IS_SQLITE:
        yield from _postgresql()
    if settings.IS_SQLITE and settings.PUBLIC_URL:
        yield checks.Warning(
            "This server has SQLite, which only processes of one machine can use.",
            "PostgreSQL lets several machines work together; OPERATING.md says how.",
            obj="database",
        )


def _postgresql() -> Iterator[CheckMessage]:
    if pooling.is_by_transaction():
        yield checks.Error(f"T{pooling.PROBLEM[1:]}", pooling.REMEDY, obj="database")
    encoding = connection.connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        yield checks.Error(
            f"The database is in {encoding}: what has other letters, or emoji, cannot be stored.",
            "Make one in UTF-8 (createdb --encoding UTF8 --template template0), name it in "
            "DATABASE_URL, and restore a backup into it.",
            obj="database",
        )


def _migrations() -> Iterator[CheckMessage]:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        yield checks.Error(
            f"{len(plan)} migrations are not applied, such as {plan[0][0]}.",
            "Run “manage.py migrate”, once.",
            obj="migrations",
        )
    else:
        yield checks.Info("All migrations are applied.", obj="migrations")


def _settings() -> Iterator[CheckMessage]:
    if settings.PUBLIC_URL and not settings.RATE_LIMITS:
        yield checks.Error(
            "RATE_LIMITS is 0: anybody may ask, start runs and upload as fast as they like.",
            "Take it out of .env; 0 is for load tests.",
            obj="settings",
        )
    if settings.DEBUG and settings.PUBLIC_URL:
        yield checks.Error(
            "DEBUG is on, although others use this server.",
            "Take DEBUG out of .env.",
            obj="settings",
        )
    if not settings.PUBLIC_URL:
        yield checks.Warning(
            "PUBLIC_URL is not set: mails with links are not sent, fal's webhooks do not arrive, "
            "and assistants on the internet cannot sign in.",
            "Set it to the address that people open; on your own machine you do not need it.",
            obj="settings",
        )
    elif urlsplit(settings.PUBLIC_URL).scheme != "https":
        yield checks.Error(
            "PUBLIC_URL is not https: others can read passwords and sessions in transit, and "
            "assistants on the internet do not sign in.",
            "Put a proxy with TLS in front; OPERATING.md has one for nginx and one for Caddy.",
            obj="settings",
        )
    else:
        yield checks.Info(f"People open {settings.PUBLIC_URL}.", obj="settings")


def _upstreams() -> Iterator[CheckMessage]:
    named = {worker.upstream for worker in worker_status.workers_alive()} - {"", settings.UPSTREAM}
    for upstream in sorted(named):
        yield checks.Error(
            f"A worker sends runs to {upstream}, and UPSTREAM is {settings.UPSTREAM} here.",
            "Write the same UPSTREAM into the .env of all processes, and restart them.",
            obj="UPSTREAM",
        )


def _secret_key() -> Iterator[CheckMessage]:
    own_key = reporting.secret_key()
    kinds = {row.kind for row in reporting.processes() if row.secret_key not in {own_key, None}}
    for kind in sorted(kinds):
        yield checks.Error(
            f"The {kind} process runs with another SECRET_KEY than this one.",
            "Give all processes the same one, and restart them together: sessions, second factors "
            "and live sessions depend on it.",
            obj="SECRET_KEY",
        )


def _static_files() -> Iterator[CheckMessage]:
    if settings.DEBUG or (Path(settings.STATIC_ROOT) / "staticfiles.json").exists():
        return
    yield checks.Error(
        f"There are no static files in {settings.STATIC_ROOT}: pages fail or have no styles.",
        "Run “manage.py collectstatic --no-input”; release.sh and “make run” do.",
        obj="static files",
    )


def _secrets() -> Iterator[CheckMessage]:
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
            yield checks.Error(
                f"SECRET_KEY does not decrypt {count:,} of the {kind}.", remedy, obj="secrets"
            )


def _encrypted(rows: QuerySet[Any], column: str) -> Iterator[str]:
    raw = rows.exclude(**{column: ""}).annotate(raw=Cast(column, TextField()))
    yield from raw.values_list("raw", flat=True).iterator()


def _permissions() -> Iterator[CheckMessage]:
    data = Path(settings.VAR_DIR)
    secret = [settings.BASE_DIR / ".env", data / ".env"]
    secret += [folder / name for folder in (data, data.parent) for name in KEY_FILES]
    open_files = [file for file in secret if file.exists() and _is_readable_by_others(file)]
    for file in open_files:
        yield checks.Error(f"{file} can be read by others.", f"chmod 600 {file}", obj="permissions")
    if not open_files:
        yield checks.Info("No file with secrets can be read by others.", obj="permissions")


def _is_readable_by_others(file: Path) -> bool:
    return bool(file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))


def _disks() -> Iterator[CheckMessage]:
    for area, folder in _folders().items():
        present = _present(folder)
        # Without X nothing in a folder can be opened; its parent may be closed, too.
        is_closed = present != folder and not os.access(present, os.X_OK)
        access = os.R_OK | os.X_OK | (os.W_OK if area != "backups" else 0)  # only a worker writes
        if is_closed or not os.access(present, access):
            yield checks.Error(
                f"{area} cannot be read and written to: {folder}.",
                "Give this account access.",
                obj="disk",
            )
            continue
        free = shutil.disk_usage(present).free
        if free < LEAST_FREE_BYTES:
            yield checks.Error(
                f"The disk of {area} ({folder}) has {size(free)} free.",
                "Make room; what grows is listed below, with its limit.",
                obj="disk",
            )
        else:
            yield checks.Info(f"{area}: {size(free)} free on the disk of {folder}.", obj="disk")
        if kind := _network_file_system(present):
            is_database = settings.IS_SQLITE and area == "the database"
            yield (checks.Error if is_database else checks.Warning)(
                f"{folder} is on a network file system ({kind})"
                + (", on which SQLite's locks do not hold." if is_database else "."),
                "Put it on a local disk, or use PostgreSQL."
                if is_database
                else "It works; while it is away, only pages without files work.",
                obj="file system",
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


def _files() -> Iterator[CheckMessage]:
    """Yield what the last comparison of storage and rows has found."""
    scan = KeptFigures.objects.filter(kind=files_check.FIGURES).exclude(made_at=None).first()
    if scan is None:
        yield checks.Info(
            "The storage has not been compared with the database yet; a worker will do it.",
            obj="files",
        )
    elif any(scan.values[key] for key in ("orphans", "lost", "uploads")):
        examples = ", ".join(scan.values.get("examples", ()))
        yield checks.Warning(
            files_check.in_words(scan.values) + (f" For example: {examples}." if examples else ""),
            "“manage.py check_files” lists them; with --mend it deletes files without a row, and "
            "marks results without a file as lost. First check whether a backup has the lost "
            "files.",
            obj="files",
        )
    else:
        yield checks.Info("Each file has a row, and each row its file.", obj="files")


def _sums() -> Iterator[CheckMessage]:
    """Yield whether the newest daily sums equal the costs of the runs; a worker checks all."""
    yield from _sums_of(list(daily_sums.days())[-NEWEST_DAYS:])


def _all_sums() -> Iterator[CheckMessage]:
    yield from _sums_of(daily_sums.days())


def _sums_of(some_days: Iterable[date]) -> Iterator[CheckMessage]:
    days = [day for day in some_days if daily_sums.differ(day)]
    if days:
        yield checks.Error(
            f"The sums of {counted(len(days), 'day')} differ from what their runs have cost, "
            f"such as those of {days[0]:%-d %B %Y}.",
            "A worker adds them up again every night; “manage.py rebuild_spending” does so now. "
            "Stop all processes of an earlier version.",
            obj="sums",
        )
    else:
        yield checks.Info("The sums of each day equal what its runs have cost.", obj="sums")


def _storage() -> Iterator[CheckMessage]:
    yield from _tried("storage", default_storage, "MEDIA_STORAGE")
    if settings.BACKUP_TO:
        yield from _tried("backups", storages["backups"], "BACKUP_TO")


def _tried(area: str, storage: Storage, setting: str) -> Iterator[CheckMessage]:
    """Write a small file, read it and delete it; then it has to be missing."""
    name = f"doctor-{uuid.uuid4().hex}"
    try:
        stored_name = storage.save(name, ContentFile(b"well"))
        with storage.open(stored_name) as file:
            is_whole = file.read() == b"well"
        storage.delete(stored_name)
    except Exception as error:  # other storages raise anything
        yield checks.Error(
            f"A file could not be stored in {describe_place(storage)} ({describe_error(error)}).",
            f"Repair the place that {setting} names, or this account's access to it.",
            obj=area,
        )
        return
    try:
        storage.exists(stored_name)
    except Exception as error:  # S3 answers 403 to accounts that may not list the bucket
        yield checks.Error(
            f"{describe_place(storage)} does not say whether a file is missing "
            f"({describe_error(error)}), so results are not stored there.",
            "Let this account list it, too; on S3 that is s3:ListBucket for the bucket itself.",
            obj=area,
        )
        return
    if is_whole:
        yield checks.Info(
            f"A file was stored in {describe_place(storage)}, read and deleted.", obj=area
        )
    else:
        yield checks.Error(
            f"{describe_place(storage)} returned a different file.", f"Correct {setting}.", obj=area
        )


def _problems() -> Iterator[CheckMessage]:
    """Yield the status page's problems: of workers, their keys, the sync, backups."""
    problems = status.problems()
    for problem in problems:
        yield checks.Error(problem, "The status page has more: /admin/status/.", obj="work")
    if not problems:
        count = len(worker_status.workers_alive())
        yield checks.Info(
            f"{counted(count, 'worker')} at work; sync and backups are as they should be.",
            obj="work",
        )


def _backups() -> Iterator[CheckMessage]:
    if not settings.BACKUP_TO:
        yield checks.Warning(
            "No backups are made automatically.",
            "Set BACKUP_TO to a folder on another disk; the worker makes and proves one a day.",
            obj="backups",
        )
        return
    if not settings.BACKUP_PASSPHRASE:
        yield checks.Warning(
            "BACKUP_PASSPHRASE is not set, so SECRET_KEY is in no backup.",
            "Set it, and keep it elsewhere: without SECRET_KEY, second factors are lost.",
            obj="backups",
        )
    places = _folders()
    if backups := places.pop("backups", None):
        names = [name for name, folder in places.items() if _disk_of(folder) == _disk_of(backups)]
        if names:
            yield checks.Warning(
                f"BACKUP_TO is on the disk of {' and '.join(names)}: both are lost with it.",
                "Set it to another disk or machine.",
                obj="backups",
            )
    last = Backup.objects.exclude(state=Backup.State.RUNNING).first()
    if last is None:
        yield checks.Warning(
            "No backup was made yet.",
            "A worker makes the first within a minute of its start, then one each day at "
            f"{settings.BACKUP_AT:%H:%M}.",
            obj="backups",
        )
    elif not list(nightly.problems()):  # those are among the problems of the status page
        yield checks.Info(f"The last one, {last}, is {last.get_state_display()}.", obj="backups")
    if not settings.IS_SQLITE and shutil.which("pg_dump") is None:
        yield checks.Error(
            "Backups need pg_dump, which is not installed.",
            "Install PostgreSQL's client programs (Debian: postgresql-client).",
            obj="backups",
        )


def _disk_of(folder: Path) -> int:
    return _present(folder).stat().st_dev


# --- elsewhere --------------------------------------------------------------------------------


def _clock() -> Iterator[CheckMessage]:
    local_time, database_time = timezone.now(), clock.now(resync_every_s=0)
    if abs(local_time - database_time) > CLOCK_MAY_DIFFER:
        apart = duration(abs(local_time - database_time))
        yield checks.Error(
            f"This machine's clock and the database's are {apart} apart.",
            "Synchronize both with a time server (NTP): codes of second steps depend on the time.",
            obj="clock",
        )
    else:
        yield checks.Info("This machine's clock agrees with the database's.", obj="clock")


def _python() -> Iterator[CheckMessage]:
    words = f"Python {'.'.join(map(str, sys.version_info[:3]))}"
    yield checks.Info(f"Vitrine {full_version()} on {words}.", obj="versions")


# The checks that the status page shows beside its own figures: they write and request nothing.
QUIET: tuple[Check, ...] = (
    *(_settings, _secret_key, _static_files, _permissions, _disks, _backups, _files),
    growth.growing,
)
ALL: tuple[Check, ...] = (
    *(_python, _database, _migrations, _clock, _problems, _upstreams, _secrets, *QUIET),
    *(_sums, _storage, *reach.ALL),
)
# With every day's sums, which takes long after a million runs.
THOROUGH: tuple[Check, ...] = tuple(_all_sums if check is _sums else check for check in ALL)
