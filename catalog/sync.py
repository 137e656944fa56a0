"""Bring the catalogue up to date: the whole list first, then the schemas that are new or changed.

Order matters: cards appear after the first answer, schemas follow while people browse.
A few answers are fetched at a time, then written while none is awaited: two threads at work
would wait for the interpreter in turns, which took a quarter of a first sync. Whatever has been
written stays written, and what is due is read off the rows, so a sync that was stopped simply
goes on the next time (fal-protocol.md, section 3).
"""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

from asgiref.sync import sync_to_async
from django.db import IntegrityError, transaction
from django.utils import timezone

import fal
from catalog.ledger import Ledger
from catalog.models import SyncReport
from catalog.progress import BEAT_IS_STALE_AFTER

log = logging.getLogger(__name__)

PAGE_LIMIT = 1000
SCHEMAS_PER_CALL = 10
PRICES_PER_CALL = 50
CALLS_AT_ONCE = 4  # what they bring is written at once, with the lock held well below 50 ms
REPORTS_KEPT = 500
OBJECTS_A_ROUND = 50_000  # of the garbage collector: a few megabytes
BEAT_EVERY_S = 5.0
SHOW_EVERY = timedelta(milliseconds=400)
_COUNTS = ["beat_at", "listed", "schemas_due", "schemas_done"]
Progress = Callable[[SyncReport], None]


class AlreadyRunning(Exception):
    """Another sync is at work, and gave a sign of life a moment ago."""


async def run(
    platform: fal.Platform, *, full: bool = False, progress: Progress | None = None
) -> SyncReport:
    """One sync from beginning to end; `full` reads every schema anew.

    Returns the report, also of a sync that upstream's failure ended early: its state is
    `failed` and its error says why. Raises AlreadyRunning. Cancelled, it leaves the report `stopped`.
    """
    report = await sync_to_async(_begin)(full)
    work = _Sync(platform, await sync_to_async(Ledger)(report), progress)
    try:
        with _calm_collector():
            await _with_pulse(work)
    except AlreadyRunning:
        raise  # another took this sync's place, and its report
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


@contextmanager
def _calm_collector() -> Iterator[None]:
    """Leave what is there already out of the garbage collector's rounds, and let it go round seldom.

    A sync makes many objects, nearly all of which go by themselves; looking through them and all of
    Django each time took a tenth of a first sync. Afterwards everything is looked at again.
    """
    usual = gc.get_threshold()
    gc.set_threshold(OBJECTS_A_ROUND, *usual[1:])
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*usual)


class _Sync:
    """One sync at work."""

    def __init__(self, platform: fal.Platform, ledger: Ledger, progress: Progress | None) -> None:
        self.platform = platform
        self.ledger = ledger
        self.report = ledger.report
        self._progress = progress
        self._found: list[tuple[list[str], fal.Found]] = []  # read, and not yet written
        self._prices: list[fal.Price] = []  # the same

    async def run(self) -> None:
        if self.report.is_full:
            await sync_to_async(self.ledger.forget_schemas)()
        is_complete = await self._list()
        # Some say that the plain list leaves the deprecated ones out (3.2).
        is_complete = await self._list(status="deprecated") and is_complete
        if is_complete:
            await self._look_for_the_unseen()
        await self._read_schemas()
        await self._read_prices()

    async def _list(self, **only: str) -> bool:
        """Take the list over, page by page; whether it came to its end."""
        page = None
        try:
            async for page in self.platform.models(limit=PAGE_LIMIT, **only):
                await self._write(self.ledger.take_page, page)
        except fal.RequestRejected as error:
            if not only or error.is_retryable:
                raise
            self.ledger.fail(f"list {only}", str(error))
            return False
        return page is not None and not page.has_more

    async def _look_for_the_unseen(self) -> None:
        for ids in _batches(self.ledger.unseen(), PRICES_PER_CALL):
            await self._write(self.ledger.confirm, ids, await self.platform.find(ids))

    async def _read_schemas(self) -> None:
        due = self.ledger.due()
        self.report.schemas_due = len(due)
        await self._save()
        await _at_once(self._read_batch, _batches(due, SCHEMAS_PER_CALL), self._write_found)

    async def _read_batch(self, ids: list[str]) -> None:
        """The schemas of a batch; where upstream fails over it, of each of it alone."""
        error = await self._refused(ids)
        if error is None:
            return
        failures = {ids[0]: error} if len(ids) == 1 else {}
        for place, endpoint_id in enumerate(ids if len(ids) > 1 else []):
            if error := await self._refused([endpoint_id]):
                failures[endpoint_id] = error
                if place == len(failures) - 1 == 2:
                    raise error  # the first three of them: not one document, upstream itself is down
        for endpoint_id, error in failures.items():
            self.ledger.fail(endpoint_id, str(error))
        self.report.schemas_done += len(failures)

    async def _refused(self, ids: list[str]) -> fal.FalError | None:
        """Keep these schemas, or say why upstream does not give them; raises what concerns all."""
        try:
            await self._keep(ids)
        except (fal.AuthFailed, fal.RateLimited):
            raise
        except fal.RequestRejected as error:
            return error
        return None

    async def _keep(self, ids: list[str]) -> None:
        answer = await self.platform.find(ids, expand="openapi-3.0")
        self._found.append((ids, answer))

    async def _write_found(self) -> None:
        """Write the answers down that wait for it: each transaction costs, whatever it holds."""
        found, self._found = self._found, []
        if found:
            await self._write(self.ledger.keep_schemas, found)

    async def _read_prices(self) -> None:
        """Prices need a key and are no reason to fail: without them the cards are whole."""
        try:
            await _at_once(
                self._price, _batches(self.ledger.listed(), PRICES_PER_CALL), self._write_prices
            )
        except fal.FalError as error:
            self.ledger.fail("prices", str(error))

    async def _price(self, ids: list[str]) -> None:
        self._prices += await self.platform.pricing(ids)

    async def _write_prices(self) -> None:
        prices, self._prices = self._prices, []
        if prices:
            await self._write(self.ledger.keep_prices, prices)

    async def _write(self, step: Callable[..., None], *args: object) -> None:
        await sync_to_async(step)(*args)
        await self._save()

    async def _save(self) -> None:
        if self._progress:
            self._progress(self.report)
        if timezone.now() - (self.report.beat_at or self.report.started_at) >= SHOW_EVERY:
            await self.beat()

    async def beat(self) -> None:
        """Write the counts down with a sign of life; ends a sync whose place was taken."""
        self.report.beat_at = timezone.now()
        if not await sync_to_async(_show)(self.report):
            raise AlreadyRunning(
                "This sync gave no sign of life for so long that another took its place."
            )


def _begin(full: bool) -> SyncReport:
    """A new report, after clearing away one whose sync has died; raises AlreadyRunning."""
    now = timezone.now()
    running = SyncReport.objects.filter(state=SyncReport.State.RUNNING)
    try:
        with transaction.atomic():
            for report in running.select_for_update():
                if now - (report.beat_at or report.started_at) < BEAT_IS_STALE_AFTER:
                    raise AlreadyRunning(_refusal(report))
                _end(report, SyncReport.State.STOPPED, "It broke off without a word.")
            report = SyncReport.objects.create(is_full=full, beat_at=now)
            SyncReport.objects.filter(pk__lte=report.pk - REPORTS_KEPT).delete()
            return report
    except IntegrityError as error:  # another began in this very moment
        raise AlreadyRunning("Another sync has just begun; it does the same work.") from error


def _refusal(report: SyncReport) -> str:
    since = max(int((timezone.now() - report.started_at).total_seconds()), 0)
    return (
        f"A sync is already running (for {since} s, {report.schemas_done} of {report.schemas_due} "
        "schemas read); let it finish, or stop it first."
    )


def _show(report: SyncReport) -> bool:
    mine = SyncReport.objects.filter(pk=report.pk, state=SyncReport.State.RUNNING)
    return bool(mine.update(**{name: getattr(report, name) for name in _COUNTS}))


def _end(report: SyncReport, state: SyncReport.State, why: str) -> None:
    report.state, report.error, report.ended_at = state, why[:2000], timezone.now()
    report.save()


async def _with_pulse(work: _Sync) -> None:
    """Do the work with signs of life while upstream lets us wait; both end together."""
    tasks = [asyncio.create_task(work.run()), asyncio.create_task(_pulse(work))]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        await _cancel(tasks)


async def _pulse(work: _Sync) -> None:
    while True:
        await asyncio.sleep(BEAT_EVERY_S)
        await work.beat()


async def _at_once(
    read: Callable[[list[str]], Awaitable[None]],
    batches: list[list[str]],
    write: Callable[[], Awaitable[None]],
) -> None:
    """Read a few batches at a time, and write what they brought, also before a failure or a stop."""
    for start in range(0, len(batches), CALLS_AT_ONCE):
        group = batches[start : start + CALLS_AT_ONCE]
        try:
            ends = await asyncio.gather(*map(read, group), return_exceptions=True)
        finally:
            await asyncio.shield(write())
        if failures := [end for end in ends if isinstance(end, BaseException)]:
            raise failures[0]


async def _cancel(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _batches(ids: list[str], size: int) -> list[list[str]]:
    return [ids[start : start + size] for start in range(0, len(ids), size)]
