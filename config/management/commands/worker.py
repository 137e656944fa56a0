"""`manage.py worker`: the process that talks to fal."""

import asyncio
import signal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from catalog import upstream
from core.process import tuning
from house.operations.metrics import upstream_calls
from runs.worker.circuit_breaker import BreakerRegistry
from runs.worker.limits import PATIENCE, WORKER_LIMITS, Patience, WorkerLimits
from runs.worker.main import Worker


class Command(BaseCommand):
    """Runs until SIGTERM or Ctrl-C, then releases its leases so that other workers go on."""

    help = "Sends runs, follows them to their end, keeps their artifacts, syncs on schedule."
    requires_system_checks = []  # they import every page

    def handle(self, *args: Any, **options: Any) -> None:
        """Work until SIGTERM or Ctrl-C."""
        tuning.raise_file_limit()
        tuning.freeze_gc()
        tuning.run_event_loop(work())


async def work(patience: Patience = PATIENCE, limits: WorkerLimits = WORKER_LIMITS) -> None:
    """Run one worker with its own clients."""
    breakers = BreakerRegistry()
    async with upstream.clients(
        on_outcome=breakers.record_response,
        on_slow=breakers.record_slow,
        on_timed=upstream_calls.record,
    ) as clients:
        worker = Worker(
            clients, breakers, has_key=bool(settings.FAL_KEY), patience=patience, limits=limits
        )
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, worker.stop)
        await worker.run()
