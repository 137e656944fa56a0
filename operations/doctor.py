"""What is wrong with this deployment, in sentences with the remedy: `manage.py doctor`.

Each check looks at one thing and yields what it found. None pays, sends mail, or changes anything
but a small file that it writes to a folder and deletes again. The status page shows those that
need no other machine.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import smtplib
import stat
import sys
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from django.conf import settings
from django.core import mail
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage, default_storage, storages
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

import fal
from catalog import upstream
from catalog.models import Endpoint
from core.db import clock
from core.formatting import counted, duration, size
from core.storage import describe_error, describe_place
from core.version import version
from operations import files_check, growth, status
from operations.backup import nightly
from operations.models import Backup
from runs.costs import daily_sums
from runs.models import KeptFigures
from runs.progress import worker_status

WAIT_S = 10
CLOCK_MAY_DIFFER = timedelta(seconds=5)
LEAST_FREE_BYTES = 1_000_000_000
NETWORK_FILE_SYSTEMS = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "afs", "ceph"}
LEAST_SQLITE = (3, 38)
LEAST_POSTGRESQL = (14, 0)
MOUNTS = Path("/proc/mounts")


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    ADVICE = "advice"
    BAD = "bad"


@dataclass(frozen=True)
class Finding:
    """What a check has found: a sentence, and what to do if it is not well."""

    what: str
    level: Level
    sentence: str
    remedy: str = ""


Check = Callable[[], Iterator[Finding]]


def _ok(what: str, sentence: str) -> Finding:
    return Finding(what, Level.OK, sentence)


def _advice(what: str, sentence: str, remedy: str) -> Finding:
    return Finding(what, Level.ADVICE, sentence, remedy)


def _bad(what: str, sentence: str, remedy: str) -> Finding:
    return Finding(what, Level.BAD, sentence, remedy)


def findings(checks: Sequence[Check]) -> Iterator[Finding]:
    """Yield what these checks find."""
    for check in checks:
        try:
            yield from check()
        except DatabaseError as error:
            reason = str(error).strip().splitlines()[0]
            name = check.__name__.strip("_").replace("_", " ")
            yield _bad(name, f"The database did not answer ({reason}).", "See “database”.")


# --- here -------------------------------------------------------------------------------------


def _database() -> Iterator[Finding]:
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        reason = str(error).strip().splitlines()[0]
        yield _bad(
            "database",
            f"The database of DATABASE_URL cannot be used ({reason}).",
            "Start it, or mend DATABASE_URL: special characters of a password are percent-encoded.",
        )
        return
    number = connection.get_database_version()
    least = LEAST_SQLITE if settings.IS_SQLITE else LEAST_POSTGRESQL
    name = "SQLite" if settings.IS_SQLITE else "PostgreSQL"
    words = f"{name} {'.'.join(map(str, number))}"
    if number < least:
        yield _bad("database", f"{words} is too old.", f"Use {'.'.join(map(str, least))} or newer.")
    else:
        yield _ok("database", f"{words} answers.")
    if settings.IS_SQLITE and settings.PUBLIC_URL:
        yield _advice(
            "database",
            "A server for others runs on SQLite, which one machine's processes can use.",
            "PostgreSQL lets several machines work together; OPERATING.md says how.",
        )


def _migrations() -> Iterator[Finding]:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        yield _bad(
            "migrations",
            f"{len(plan)} migrations are not applied, such as {plan[0][0]}.",
            "Run “manage.py migrate”, once.",
        )
    else:
        yield _ok("migrations", "All migrations are applied.")


def _settings() -> Iterator[Finding]:
    if settings.DEBUG and settings.PUBLIC_URL:
        yield _bad("settings", "DEBUG is on for a server of others.", "Take DEBUG out of .env.")
    if not settings.PUBLIC_URL:
        yield _advice(
            "settings",
            "PUBLIC_URL is not set: no mail with a link is sent, and fal's webhooks do not come.",
            "Set it to the address that people open; on one's own machine nothing is missing.",
        )
    elif urlsplit(settings.PUBLIC_URL).scheme != "https":
        yield _bad(
            "settings",
            "PUBLIC_URL is not https: passwords and sessions can be read on their way.",
            "Put a proxy with TLS in front; OPERATING.md has one for nginx and one for Caddy.",
        )
    else:
        yield _ok("settings", f"People open {settings.PUBLIC_URL}.")


def _permissions() -> Iterator[Finding]:
    secret = [settings.BASE_DIR / ".env", Path(settings.VAR_DIR) / ".env"]
    open_files = [file for file in secret if file.exists() and _is_readable_by_others(file)]
    for file in open_files:
        yield _bad("permissions", f"{file} can be read by others.", f"chmod 600 {file}")
    if not open_files:
        yield _ok("permissions", "No file with secrets can be read by others.")


def _is_readable_by_others(file: Path) -> bool:
    return bool(file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))


def _disks() -> Iterator[Finding]:
    for what, folder in _folders().items():
        present = next(path for path in (folder, *folder.parents) if path.exists())
        if not os.access(present, os.W_OK):
            yield _bad(
                "disk", f"{what} cannot be written to: {folder}.", "Give this account access."
            )
            continue
        free = shutil.disk_usage(present).free
        if free < LEAST_FREE_BYTES:
            yield _bad(
                "disk",
                f"The disk of {what} ({folder}) has {size(free)} free.",
                "Make room; what grows is listed below, with its limit.",
            )
        else:
            yield _ok("disk", f"{what}: {size(free)} free on the disk of {folder}.")
        if kind := _network_file_system(present):
            is_database = settings.IS_SQLITE and what == "the database"
            yield (_bad if is_database else _advice)(
                "file system",
                f"{folder} is on a network file system ({kind})"
                + (", on which SQLite's locks do not hold." if is_database else "."),
                "Put it on a local disk, or use PostgreSQL."
                if is_database
                else "It works; if it is away, pages without files go on.",
            )


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
    """Return the kind of the network file system that a folder is on; empty for a local one."""
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
    for thing in growth.things():
        yield _ok("grows", f"{thing.name}: {thing.amount}. {thing.limit}")


def _files() -> Iterator[Finding]:
    """Yield what the last comparison of the storage with the rows has found."""
    scan = KeptFigures.objects.filter(kind=files_check.FIGURES).exclude(made_at=None).first()
    if scan is None:
        yield _ok("files", "The storage was not compared with the rows yet; a worker does it.")
    elif any(scan.values.values()):
        yield _advice(
            "files",
            files_check.in_words(scan.values),
            "“manage.py check_files” names them; with --mend it deletes the ones, and lets pages "
            "say that the others are lost. First see whether a backup has them.",
        )
    else:
        yield _ok("files", "Each file has a row, and each row its file.")


def _sums() -> Iterator[Finding]:
    """Yield whether what was spent on each day is what its runs have cost."""
    days = [day for day in daily_sums.days() if daily_sums.differ(day)]
    if days:
        yield _bad(
            "sums",
            f"The sums of {counted(len(days), 'day')} differ from what their runs have cost, "
            f"such as those of {days[0]:%-d %B %Y}.",
            "A worker adds them up anew every night, “manage.py rebuild_spending” does so now. "
            "No process of a former version may run beside this one.",
        )
    else:
        yield _ok("sums", "What was spent on each day is what its runs have cost.")


def _storage() -> Iterator[Finding]:
    yield from _tried("storage", default_storage, "MEDIA_STORAGE")
    if settings.BACKUP_TO:
        yield from _tried("backups", storages["backups"], "BACKUP_TO")


def _tried(what: str, storage: Storage, setting: str) -> Iterator[Finding]:
    """Write a small file, read it and delete it."""
    name = f"doctor-{uuid.uuid4().hex}"
    try:
        stored = storage.save(name, ContentFile(b"well"))
        with storage.open(stored) as file:
            is_whole = file.read() == b"well"
        storage.delete(stored)
    except Exception as error:  # storages of others raise anything
        yield _bad(
            what,
            f"A file could not be stored in {describe_place(storage)} ({describe_error(error)}).",
            f"Mend what {setting} names, or this account's access to it.",
        )
        return
    if is_whole:
        yield _ok(what, f"A file was stored in {describe_place(storage)}, read and deleted.")
    else:
        yield _bad(what, f"{describe_place(storage)} gave another file back.", f"Mend {setting}.")


def _problems() -> Iterator[Finding]:
    """Yield what the status page calls a problem: of workers, their keys, the sync, backups."""
    problems = status.problems()
    for problem in problems:
        yield _bad("work", problem, "The status page has more: /admin/status/.")
    if not problems:
        count = len(worker_status.workers_alive())
        yield _ok(
            "work", f"{counted(count, 'worker')} at work; sync and backups are as they should."
        )


def _backups() -> Iterator[Finding]:
    if not settings.BACKUP_TO:
        yield _advice(
            "backups",
            "No backups are made by themselves.",
            "Set BACKUP_TO to a folder on another disk; the worker makes and proves one a day.",
        )
        return
    last = Backup.objects.exclude(state=Backup.State.RUNNING).first()
    if last is None:
        yield _advice("backups", "None was made yet.", "The first comes at BACKUP_AT, by a worker.")
    elif not list(nightly.problems()):  # those are among the problems of the status page
        yield _ok("backups", f"The last, {last}, is {last.get_state_display()}.")
    if not settings.IS_SQLITE and shutil.which("pg_dump") is None:
        yield _bad(
            "backups",
            "pg_dump is not installed, which backups need.",
            "Install PostgreSQL's client programs (Debian: postgresql-client).",
        )


# --- elsewhere --------------------------------------------------------------------------------


def _clock() -> Iterator[Finding]:
    here, there = timezone.now(), clock.now(resync_every_s=0)
    if abs(here - there) > CLOCK_MAY_DIFFER:
        apart = duration(abs(here - there))
        yield _bad(
            "clock",
            f"This machine's clock and the database's are {apart} apart.",
            "Let both follow a time server (NTP): codes of second steps depend on the time.",
        )
    else:
        yield _ok("clock", "This machine's clock is the database's.")


def _upstream() -> Iterator[Finding]:
    if not settings.FAL_KEY:
        yield _advice(
            "key",
            "FAL_KEY is not set here, so the bundled sandbox answers.",
            "Put it where worker and realtime read it; the web processes need none.",
        )
        return
    # Asked here: in the event loop a thread would do so, and leave its connection open.
    model = Endpoint.objects.values_list("endpoint_id", flat=True).first()
    try:
        error = asyncio.run(_key_error(model or "fal-ai/flux/dev"))
    except Exception as failure:  # whatever stands between here and fal
        yield _bad(
            "key",
            f"fal could not be reached at {settings.FAL_API_URL} ({failure}).",
            "Let this machine reach it, through a proxy by HTTPS_PROXY if need be.",
        )
        return
    if isinstance(error, fal.AuthFailed):
        yield _bad("key", f"fal refuses FAL_KEY: {error}", "Copy it whole: key_id:key_secret.")
    elif error is not None:
        yield _advice("key", f"fal gave no answer about the key: {error}", "Try again in a while.")
    else:
        yield _ok("key", "fal knows FAL_KEY; nothing was paid.")


async def _key_error(model: str) -> fal.FalError | None:
    """Ask for a model's price, the one free call that needs a key (protocol, 3.5)."""
    async with upstream.clients() as clients:
        try:
            await clients.platform.pricing([model])
        except fal.FalError as error:
            return error
    return None


def _mail() -> Iterator[Finding]:
    if not settings.EMAIL_URL:
        yield _advice(
            "mail",
            "EMAIL_URL is not set: no mail is sent, and who forgets a password asks an admin.",
            "Set it to a mail server; .env.example has the form.",
        )
        return
    try:
        server = mail.get_connection()
        server.open()
        server.close()
    except (OSError, smtplib.SMTPException) as error:
        yield _bad("mail", f"The mail server refused: {error}.", "Mend EMAIL_URL.")
    else:
        yield _ok("mail", "The mail server answers; nothing was sent.")


def _public_address() -> Iterator[Finding]:
    """Ask PUBLIC_URL for `/livez`, as fal's webhooks come: through the proxy, over TLS."""
    if not settings.PUBLIC_URL:
        return
    try:
        response = httpx.get(f"{settings.PUBLIC_URL}/livez", timeout=WAIT_S)
    except (httpx.HTTPError, OSError) as error:
        yield _bad(
            "address",
            f"{settings.PUBLIC_URL} does not answer from here ({error or type(error).__name__}).",
            "See whether the proxy and a web process run, and whether its name leads here.",
        )
        return
    if response.status_code != 200 or response.text.strip() != "alive":
        yield _bad(
            "address",
            f"{settings.PUBLIC_URL}/livez answers {response.status_code}, and not as Vitrine does.",
            "Let the proxy pass this path to the web processes: “location = /livez”.",
        )
        return
    yield _ok("address", f"{settings.PUBLIC_URL} leads to Vitrine; webhooks find the same way.")
    if urlsplit(settings.PUBLIC_URL).scheme == "https" and not _is_seen_as_secure(response):
        yield _bad(
            "proxy",
            "The proxy does not say that requests came over https (X-Forwarded-Proto).",
            "Set it as OPERATING.md's nginx or Caddy does; else logins are refused.",
        )
    if sent := response.headers.get("date"):
        apart = abs(timezone.now() - parsedate_to_datetime(sent))
        if apart > CLOCK_MAY_DIFFER * 2:
            yield _bad("clock", f"The proxy's clock is {duration(apart)} off.", "Use NTP there.")


def _is_seen_as_secure(response: httpx.Response) -> bool:
    return "strict-transport-security" in response.headers


def _python() -> Iterator[Finding]:
    words = f"Python {'.'.join(map(str, sys.version_info[:3]))}"
    yield _ok("versions", f"Vitrine {version()} on {words}.")


# What the status page shows beside its own figures: nothing is written, and nobody is asked.
QUIET: tuple[Check, ...] = (_settings, _permissions, _disks, _backups, _files, _growing)
ALL: tuple[Check, ...] = (
    *(_python, _database, _migrations, _clock, _problems, *QUIET),
    *(_sums, _storage, _upstream, _mail, _public_address),
)
