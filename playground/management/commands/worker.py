"""`manage.py worker`: everything that talks to fal."""

import asyncio
import signal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from catalog import upstream
from config import files, loops, memory
from playground.pacing import Pace
from playground.worker import Worker


class Command(BaseCommand):
    """Runs until SIGTERM or Ctrl-C, then hands its runs back."""

    help = "Sends runs, follows them to their end, keeps their artifacts, syncs on schedule."

    def handle(self, *args: Any, **options: Any) -> None:
        """Work until told to stop."""
        files.allow_many()
        memory.settle()
        loops.run(work())


async def work() -> None:
    """One worker with its own clients."""
    pace = Pace()
    async with upstream.clients(heard=pace.heard, late=pace.late) as clients:
        worker = Worker(clients, pace, has_key=bool(settings.FAL_KEY))
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, worker.stop)
        await worker.run()
