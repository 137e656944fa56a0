"""The backup of each day: made at BACKUP_AT and proved; problems are reported."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta

from asgiref.sync import sync_to_async
from django.conf import settings
from django.utils import timezone

from core.db import clock
from core.process import identity
from house.operations.backup import creation, proof
from house.operations.backup.database import Say
from house.operations.backup.place import Place
from house.operations.models import Backup, DataVersion

REASON = "each day"
LOOK_EVERY_S = 60.0
LATE = timedelta(hours=26)
RETRY_AFTER = timedelta(minutes=30)
MOST_TRIES = 4  # per day


async def make_if_due() -> float:
    """Make the day's backup in its own process, if due; return seconds until the next check.

    It takes minutes, and memory that the worker needs for runs.
    """
    if settings.BACKUP_TO and await sync_to_async(is_due)():
        began_at = await sync_to_async(clock.now)()
        command = [sys.executable, "manage.py", "backup", "--nightly"]
        process = await asyncio.create_subprocess_exec(
            *command, cwd=settings.BASE_DIR, stdout=asyncio.subprocess.DEVNULL
        )
        if code := await process.wait():
            await sync_to_async(_note_unbegun)(code, began_at)
    return LOOK_EVERY_S


def is_due() -> bool:
    """Return True if the day's backup must be started: at its time, and again after a failure."""
    creation.end_killed()
    tries = _tries()
    if not tries or creation.is_running():
        return not tries
    last = tries[0]
    if last.state == Backup.State.PROVED or _is_being_proved(last):
        return False
    paused = clock.now() - (last.ended_at or last.started_at)
    return len(tries) < MOST_TRIES and paused > RETRY_AFTER


def _tries() -> list[Backup]:
    """Return the backups started this day, newest first."""
    return list(Backup.objects.filter(reason=REASON, started_at__gte=_last_time()))


def _is_being_proved(row: Backup) -> bool:
    return row.state == Backup.State.MADE and not identity.is_gone(row.process or "")


def _note_unbegun(code: int, began_at: datetime) -> None:
    """Record that the backup's process failed so early that no row says so."""
    if not Backup.objects.filter(started_at__gte=began_at).exists():
        trouble = f"Its process ended with {code} before it began; the worker's log says why."
        values = {"state": Backup.State.FAILED, "ended_at": clock.now(), "trouble": trouble}
        Backup.objects.create(reason=REASON, **values)


def run(place: Place, say: Say) -> None:
    """Make the day's backup and prove it; its row records what is wrong."""
    if is_due():
        row = creation.make(place, REASON, say)
        proof.prove(place, row.name, say)


def problems() -> Iterator[str]:
    """Yield what is wrong with the backups, for the status page and the admins' bell."""
    if not settings.BACKUP_TO:
        return
    last = Backup.objects.exclude(state=Backup.State.RUNNING).first()
    if last is None:
        pass
    elif last.state == Backup.State.FAILED:
        yield f"The backup of {_at(last.started_at)} failed: {last.trouble}"
    elif last.state == Backup.State.DOUBTED:
        yield (
            f"The backup of {_at(last.started_at)} cannot be relied upon: {last.trouble} Make "
            "another one with “manage.py backup”. The earlier backups are still there."
        )
    elif last.reason == REASON and last.state == Backup.State.MADE and not _is_being_proved(last):
        yield f"The backup of {_at(last.started_at)} was not proved: that process was stopped."
    newest_whole = Backup.objects.exclude(
        state__in=[Backup.State.RUNNING, Backup.State.FAILED]
    ).first()
    since = newest_whole.started_at if newest_whole else first_due_at()
    if since is None or clock.now() - since > LATE:
        words = f" since {_at(since)}" if since else ""
        yield f"No backup was made{words}. Check whether a worker is running."


def first_due_at() -> datetime | None:
    """Return the time since which a backup is possible: when a version first migrated the data."""
    return DataVersion.objects.values_list("migrated_at", flat=True).last()


def _last_time() -> datetime:
    """Return the last time of BACKUP_AT, in the house's time zone."""
    now = timezone.localtime()
    today = now.replace(
        hour=settings.BACKUP_AT.hour, minute=settings.BACKUP_AT.minute, second=0, microsecond=0
    )
    return today if today <= now else today - timedelta(days=1)


def _at(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%-d %B, %H:%M}"
