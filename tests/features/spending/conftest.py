"""A sandbox with scripted bills, and a round of the job that reads them."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from catalog import upstream
from core.db import clock
from features.spending.bills.reading import BillReader
from features.spending.models import BillingState
from tests.runs.conftest import (
    SOON,
    Control,
    alone,
    ask,
    catalogue,
    sandbox,
    sandbox_process,
    synced,
    work,
)
from tests.sandbox.server import ADMIN_KEY

__all__ = ["ask", "catalogue", "sandbox", "sandbox_process", "synced", "work"]

ReadBills = Callable[..., BillingState]


@pytest.fixture
def read_bills(sandbox: Control, transactional_db: None, settings: Any) -> ReadBills:
    """`read_bills()`: run one round of the job, due or not; return the state that it leaves."""
    settings.FAL_ADMIN_KEY = ADMIN_KEY

    async def read(now: Callable[[], datetime]) -> None:
        async with upstream.clients(limits=SOON) as clients:
            await BillReader(clients, now).run()

    def once(now: Callable[[], datetime] = clock.now) -> BillingState:
        BillingState.objects.update(next_at=None)
        asyncio.run(alone(read(now)))
        return BillingState.current()

    return once
