"""A worker with short leases and pauses, so that a test of 15 seconds takes one.

It renders no thumbnails, which runs do not need and which cost the sandbox ten seconds of CPU.
SKEW_S shifts its clock; while the file FULL exists, writes fail as on a full disk.
"""

import asyncio
import errno
import os
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

import django
from django.core.files.storage import Storage

from config import key_access


def main() -> None:
    """Work like `manage.py worker`."""
    key_access.grant("worker")
    django.setup()
    from django.core.files.storage import FileSystemStorage
    from django.utils import timezone

    from catalog.pictures.thumbnails import ThumbnailFetcher
    from config.management.commands.worker import work
    from fal.http import limits
    from runs.worker import artifact_copies
    from runs.worker.following import reconciliation
    from runs.worker.limits import Patience, WorkerLimits
    from runs.worker.scheduling import leases
    from runs.worker.webhooks import processing

    leases.LEASE = timedelta(seconds=2)
    artifact_copies.TAKEN_FOR, artifact_copies.FIRST_PAUSE_S = timedelta(seconds=3), 0.3  # type: ignore[assignment]
    patience = Patience(lost_after_s=3.0, quiet_s=1.0, fetch_slowest_s=0.5)
    processing.MIN_FETCH_PAUSE = timedelta(seconds=1)
    reconciliation.FIRST_QUERY = timedelta(seconds=0.5)
    for timeouts in (limits.CALL, limits.SUBMIT, limits.FILE, limits.RUN, limits.MODEL_STREAM):
        timeouts.connect, timeouts.read = 1.0, 2.5

    async def rest(self: ThumbnailFetcher) -> float:
        return 600.0

    ThumbnailFetcher.step = rest  # type: ignore[method-assign]
    full, save = Path(os.environ["FULL"]), FileSystemStorage.save

    def save_if_room(
        self: Storage, name: str | None, content: IO[Any], max_length: int | None = None
    ) -> str:
        if full.exists():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return save(self, name, content, max_length)

    FileSystemStorage.save = save_if_room  # type: ignore[method-assign]
    skew = timedelta(seconds=float(os.environ.get("SKEW_S", "0")))
    real = timezone.now
    timezone.now = lambda: real() + skew
    asyncio.run(work(patience, WorkerLimits(renew_every_s=0.5)))


if __name__ == "__main__":
    main()
