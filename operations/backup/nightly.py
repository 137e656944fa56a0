"""The backup of each day: made at BACKUP_AT, proved, and told of where something is wrong."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta

from asgiref.sync import sync_to_async
from django.conf import settings
from django.utils import timezone

from core.db import clock
from operations.backup import making, proof
from operations.backup.database import Say
from operations.backup.place import Place
from operations.models import Backup

REASON = "each day"
LOOK_EVERY_S = 60.0
LATE = timedelta(hours=26)


async def make_if_due() -> float:
    """Make the day's backup in a process of its own, if due; returns seconds to the next look.

    It takes minutes and memory that the worker keeps for runs.
    """
    if settings.BACKUP_TO and await sync_to_async(is_due)():
        command = [sys.executable, "manage.py", "backup", "--nightly"]
        process = await asyncio.create_subprocess_exec(
            *command, cwd=settings.BASE_DIR, stdout=asyncio.subprocess.DEVNULL
        )
        await process.wait()
    return LOOK_EVERY_S


def is_due() -> bool:
    """Return whether the day's backup was not begun yet and its time has come."""
    return not Backup.objects.filter(reason=REASON, started_at__gte=_last_time()).exists()


def run(place: Place, say: Say) -> None:
    """Make the day's backup and prove it; what is wrong stands in its row."""
    if is_due():
        row = making.make(place, REASON, say)
        proof.prove(place, row.name, say)


def problems() -> Iterator[str]:
    """Yield what is wrong with the backups, for the status page and the admins' bell."""
    if not settings.BACKUP_TO:
        return
    last = Backup.objects.exclude(state=Backup.State.RUNNING).first()
    if last is None:
        return
    if last.state == Backup.State.FAILED:
        yield f"The backup of {_at(last.started_at)} failed: {last.trouble}"
    elif last.state == Backup.State.DOUBTED:
        yield (
            f"The backup of {_at(last.started_at)} cannot be relied upon: {last.trouble} Make "
            "another by “manage.py backup”; the earlier ones are still there."
        )
    whole = Backup.objects.exclude(state__in=[Backup.State.RUNNING, Backup.State.FAILED]).first()
    if whole is None or clock.now() - whole.started_at > LATE:
        since = f" since {_at(whole.started_at)}" if whole else ""
        yield f"No backup was made{since}. See whether a worker is running."


def _last_time() -> datetime:
    """Return when BACKUP_AT was last, in the house's time zone."""
    now = timezone.localtime()
    today = now.replace(
        hour=settings.BACKUP_AT.hour, minute=settings.BACKUP_AT.minute, second=0, microsecond=0
    )
    return today if today <= now else today - timedelta(days=1)


def _at(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%-d %B, %H:%M}"
