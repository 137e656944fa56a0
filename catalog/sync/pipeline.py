"""Runs one sync: first the whole listing, then the schemas that are new or changed, then prices.

The order matters: cards appear after the first response, schemas follow while people browse.
A group of responses is fetched, then written while no request is open: fetching and writing in two
threads at once made them compete for the GIL, which took a quarter of a first sync. Everything
written stays, and pending work is found by the rows' own columns, so the next sync continues where
a stopped one ended (protocol, section 3).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import timedelta
from http import HTTPStatus

from asgiref.sync import sync_to_async
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

import fal
from catalog.models import SyncReport
from catalog.sync.progress import is_abandoned
from catalog.sync.upsert import CatalogUpserter
from core.notify import channel
from core.process import identity

log = logging.getLogger(__name__)

PAGE_LIMIT = 1000
SCHEMAS_PER_CALL = 10
PRICES_PER_CALL = 50
CALLS_AT_ONCE = 4  # whose results one transaction writes in well below 50 ms
REPORTS_KEPT = 500
BEAT_EVERY_S = 1.0
SHOW_EVERY = timedelta(milliseconds=400)
_COUNTS = ["beat_at", "listed", "schemas_due", "schemas_done"]
Progress = Callable[[SyncReport], None]


class AlreadyRunning(Exception):
    """Another sync is running and sent a heartbeat recently."""


async def run(
    platform: fal.Platform, *, full: bool = False, progress: Progress | None = None
) -> SyncReport:
    """Run one sync; `full` fetches every schema again.

    Returns the report. If upstream fails, the report's state is `failed` and its `error` has the
    reason. If the task is cancelled, the state is `stopped`. Raises AlreadyRunning.
    """
    report = await sync_to_async(_begin)(full)
    work = _Sync(platform, await sync_to_async(CatalogUpserter)(report), progress)
    try:
        await _with_heartbeat(work)
    except AlreadyRunning:
        raise  # another sync took over and has already closed this report
    except fal.FalError as error:
        log.warning("the sync ended early: %s", error)
        await asyncio.shield(sync_to_async(_end)(report, SyncReport.State.FAILED, str(error)))
    except BaseException as error:
        is_stop = isinstance(error, asyncio.CancelledError | KeyboardInterrupt)
        state = SyncReport.State.STOPPED if is_stop else SyncReport.State.FAILED
        why = "It was stopped." if is_stop else f"{type(error).__name__}: {error}"
        await asyncio.shield(sync_to_async(_end)(report, state, why))
        raise
    else:
        await sync_to_async(_end)(report, SyncReport.State.DONE, "")
    if progress:
        progress(report)
    return report


class _Sync:
    """The steps of one running sync."""

    def __init__(
        self, platform: fal.Platform, upserter: CatalogUpserter, progress: Progress | None
    ) -> None:
        self.platform = platform
        self.upserter = upserter
        self.report = upserter.report
        self._progress = progress
        self._found: list[tuple[list[str], fal.LookupResult]] = []  # fetched, not yet written
        self._prices: list[fal.Price] = []  # fetched, not yet written

    async def run(self) -> None:
        if self.report.is_full:
            await sync_to_async(self.upserter.forget_schemas)()
        is_complete = await self._list()
        # By some reports the plain listing leaves deprecated endpoints out (protocol, 3.2).
        is_complete = await self._list(status="deprecated") and is_complete
        if is_complete:
            await self._confirm_unseen()
        await self._read_schemas()
        await self._read_prices()

    async def _list(self, expand: Sequence[str] = ("enterprise_status",), **only: str) -> bool:
        """Upsert the listing page by page; returns whether it was read completely.

        An upstream that does not know the expansion lists its models without it.
        """
        page = None
        try:
            async for page in self.platform.models(limit=PAGE_LIMIT, expand=expand, **only):
                await self._write(self.upserter.take_page, page)
        except fal.RequestRejected as error:
            if expand and error.status == HTTPStatus.BAD_REQUEST:
                return await self._list((), **only)
            if not only or error.is_retryable:
                raise
            self.upserter.fail(f"list {only}", str(error))
            return False
        return page is not None and not page.has_more

    async def _confirm_unseen(self) -> None:
        for ids in _batches(self.upserter.unseen(), PRICES_PER_CALL):
            await self._write(self.upserter.confirm, ids, await self.platform.find(ids))

    async def _read_schemas(self) -> None:
        due_ids = self.upserter.due()
        self.report.schemas_due = len(due_ids)
        await self._save()
        await _in_groups(self._read_batch, _batches(due_ids, SCHEMAS_PER_CALL), self._write_found)

    async def _read_batch(self, ids: list[str]) -> None:
        """Fetch the schemas of a batch; if upstream rejects it, fetch each endpoint alone."""
        error = await self._try_fetch(ids)
        if error is None:
            return
        failures = {ids[0]: error} if len(ids) == 1 else {}
        for place, endpoint_id in enumerate(ids if len(ids) > 1 else []):
            if error := await self._try_fetch([endpoint_id]):
                failures[endpoint_id] = error
                if place == len(failures) - 1 == 2:
                    raise error  # the first three all failed: upstream is down
        for endpoint_id, error in failures.items():
            self.upserter.fail(endpoint_id, str(error))
        self.report.schemas_done += len(failures)

    async def _try_fetch(self, ids: list[str]) -> fal.FalError | None:
        """Fetch these schemas; returns a rejection, raises errors that concern every request."""
        try:
            await self._fetch_schemas(ids)
        except (fal.AuthFailed, fal.RateLimited):
            raise
        except fal.RequestRejected as error:
            return error
        return None

    async def _fetch_schemas(self, ids: list[str]) -> None:
        answer = await self.platform.find(ids, expand="openapi-3.0")
        self._found.append((ids, answer))

    async def _write_found(self) -> None:
        """Write all fetched schemas in one transaction: its cost hardly depends on its size."""
        answers, self._found = self._found, []
        if answers:
            await self._write(self.upserter.keep_schemas, answers)

    async def _read_prices(self) -> None:
        """Fetch prices; a failure is only reported: they need a key, and cards work without."""
        try:
            batches = _batches(self.upserter.listed_ids(), PRICES_PER_CALL)
            await _in_groups(self._price, batches, self._write_prices)
        except fal.FalError as error:
            self.upserter.fail("prices", str(error))

    async def _price(self, ids: list[str]) -> None:
        self._prices += await self.platform.pricing(ids)

    async def _write_prices(self) -> None:
        prices, self._prices = self._prices, []
        if prices:
            await self._write(self.upserter.keep_prices, prices)

    async def _write(self, step: Callable[..., None], *args: object) -> None:
        await sync_to_async(step)(*args)
        await self._save()

    async def _save(self) -> None:
        if self._progress:
            self._progress(self.report)
        if timezone.now() - (self.report.beat_at or self.report.started_at) >= SHOW_EVERY:
            await self.beat()

    async def beat(self) -> None:
        """Write the counts and a heartbeat; raises AlreadyRunning if another sync took over."""
        self.report.beat_at = timezone.now()
        if not await sync_to_async(_show)(self.report):
            raise AlreadyRunning(
                "This sync sent no heartbeat for so long that another one took over."
            )


def request_sync() -> None:
    """Let a worker sync in a moment, unless a sync runs already."""
    if not SyncReport.objects.filter(state__in=SyncReport.COMING).exists():
        SyncReport.objects.create(state=SyncReport.State.ASKED)
    channel.notify()


def _begin(full: bool) -> SyncReport:
    """Create a report, after closing one whose process has died; raises AlreadyRunning."""
    running = SyncReport.objects.filter(state=SyncReport.State.RUNNING)
    _require_abandoned(running)  # without a lock: a worker retries this every second
    try:
        with transaction.atomic():
            _require_abandoned(locked := list(running.select_for_update()))
            for report in locked:
                _end(report, SyncReport.State.STOPPED, "Its process ended unexpectedly.")
            report = SyncReport.objects.create(
                is_full=full, beat_at=timezone.now(), holder=identity.current()
            )
            over = Q(pk__lte=report.pk - REPORTS_KEPT) | Q(state=SyncReport.State.ASKED)
            SyncReport.objects.filter(over).delete()
            return report
    except IntegrityError as error:  # another began in this very moment
        raise AlreadyRunning("Another sync has just begun; it does the same work.") from error


def _require_abandoned(reports: Iterable[SyncReport]) -> None:
    for report in reports:
        if not is_abandoned(report):
            raise AlreadyRunning(_refusal(report))


def _refusal(report: SyncReport) -> str:
    since = max(int((timezone.now() - report.started_at).total_seconds()), 0)
    return (
        f"A sync is already running (for {since} s, {report.schemas_done} of {report.schemas_due} "
        "schemas read); let it finish, or stop it first."
    )


def _show(report: SyncReport) -> bool:
    running = SyncReport.objects.filter(pk=report.pk, state=SyncReport.State.RUNNING)
    return bool(running.update(**{name: getattr(report, name) for name in _COUNTS}))


def _end(report: SyncReport, state: SyncReport.State, why: str) -> None:
    report.state, report.error, report.ended_at = state, why[:2000], timezone.now()
    report.save()


async def _with_heartbeat(work: _Sync) -> None:
    """Run the sync and its heartbeat together; when one ends, the other is cancelled."""
    tasks = [asyncio.create_task(work.run()), asyncio.create_task(_heartbeat(work))]
    try:
        done_tasks, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done_tasks:
            task.result()
    finally:
        await _cancel(tasks)


async def _heartbeat(work: _Sync) -> None:
    while True:
        await asyncio.sleep(BEAT_EVERY_S)
        await work.beat()


async def _in_groups(
    read_batch: Callable[[list[str]], Awaitable[None]],
    batches: list[list[str]],
    write: Callable[[], Awaitable[None]],
) -> None:
    """Read batches in groups of CALLS_AT_ONCE; write each group, even if it fails or is stopped."""
    for start in range(0, len(batches), CALLS_AT_ONCE):
        group = batches[start : start + CALLS_AT_ONCE]
        try:
            results = await asyncio.gather(*map(read_batch, group), return_exceptions=True)
        finally:
            await asyncio.shield(write())
        if failures := [result for result in results if isinstance(result, BaseException)]:
            raise failures[0]


async def _cancel(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _batches(ids: list[str], size: int) -> list[list[str]]:
    return [ids[start : start + size] for start in range(0, len(ids), size)]
