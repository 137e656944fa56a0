"""A fake upstream of the catalogue, and a function that syncs with it."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync

import fal
from catalog.models import SyncReport
from catalog.sync import pipeline
from tests.catalog.upstream import CatalogueUpstream


@pytest.fixture
def upstream() -> CatalogueUpstream:
    """An upstream whose list of models the test defines."""
    return CatalogueUpstream()


@pytest.fixture
def run_sync(db: None, upstream: CatalogueUpstream) -> Callable[..., SyncReport]:
    """`run_sync(full=True)` → the report of one sync with `upstream`, without its pauses.

    `stop_after=10` cancels the sync once it has read that many schemas.
    """

    async def run(stop_after: int | None = None, **options: Any) -> SyncReport:
        async with fal.Clients(
            fal.Addresses(), upstream.key, transport=upstream.transport, sleep=upstream.pause
        ) as clients:
            task: asyncio.Task[SyncReport]

            def stop(report: SyncReport) -> None:
                if stop_after is not None and report.schemas_done >= stop_after:
                    task.cancel()

            task = asyncio.create_task(
                pipeline.run(clients.platform, **({"progress": stop} | options))
            )
            return await task

    return lambda **options: async_to_sync(run)(**options)


@pytest.fixture
def media(settings: Any, tmp_path: Path) -> None:
    """A storage folder for this test only."""
    settings.MEDIA_ROOT = str(tmp_path)
