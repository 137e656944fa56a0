"""The worker's job that reads the account's billing events and balance.

Events come minutes after the results, some of them later. Each round reads those since shortly
before the newest known one; once a day a round reads those of three days. While the API is down or
refuses, rounds become rarer; pages show the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import NamedTuple

from asgiref.sync import sync_to_async

import fal
from core.db import clock
from fal.db_safe import db_safe_text
from features.spending.bills import balance, storing
from features.spending.models import BillingState
from features.spending.models.bill import ONLY
from runs.models import Charge
from runs.results import refusals

EVERY_S = 60.0
LONGEST_PAUSE_S = 1800.0
LONGEST_PAUSE_WITHIN_S = 300.0  # after this time without a page, another worker takes over
OVERLAP = timedelta(hours=2)
DEEP_EVERY, DEEP = timedelta(days=1), timedelta(days=3)
FIRST = timedelta(days=30)  # how far back the first round reads, at most
MAX_TROUBLE_CHARS = 300


class Claim(NamedTuple):
    """A round of this worker: the state's row, its time, and the start of the events to read."""

    state: BillingState
    at: datetime
    start: datetime
    is_deep: bool  # searches for late events


class BillReader:
    """Reads bills, one worker at a time. `now` is for tests."""

    def __init__(
        self, upstream: fal.Clients | None, now: Callable[[], datetime] = clock.now
    ) -> None:
        self._account = upstream.account if upstream and upstream.account.has_key else None
        self._now = now

    async def run(self) -> float:
        """Read once if it is due; returns the seconds until the next look."""
        if self._account is None:
            await sync_to_async(_note_missing_key)()
            return LONGEST_PAUSE_S
        claim = await sync_to_async(self._claim)()
        if claim is None:
            return EVERY_S
        await self._read_events(self._account, claim)
        await self._read_balance(self._account, claim)
        await sync_to_async(_finish)(claim)
        return pause_s(claim.state.failures)

    def _claim(self) -> Claim | None:
        return claimed(self._now())

    async def _read_events(self, account: fal.Account, claim: Claim) -> None:
        state, now, start, is_deep = claim
        newest = state.read_until or start
        try:
            async for page in account.billing_events(start, now + timedelta(minutes=1)):
                await sync_to_async(self._store)(page)
                times = [event.at for event in page.events if event.at and event.at <= now]
                newest = max([*times, newest])
        except fal.FalError as error:
            state.trouble = sentence(error)
            state.failures = min(state.failures + 1, 100)
            return
        state.trouble, state.failures = "", 0
        # Only after the last page: fal may send old or new events first.
        state.read_at, state.read_until = now, newest
        if is_deep:
            state.deep_at = now

    def _store(self, page: fal.BillingPage) -> None:
        storing.store(page.events)
        _renew(self._now())

    async def _read_balance(self, account: fal.Account, claim: Claim) -> None:
        state = claim.state
        try:
            account_balance = await account.balance()
        except fal.FalError as error:
            state.balance_trouble = sentence(error)
            return
        if account_balance.amount is None:
            state.balance_trouble = "fal's answer names no balance."
            return
        state.balance, state.currency = account_balance.amount, account_balance.currency[:8]
        state.balance_at, state.balance_trouble = claim.at, ""


def start_of(state: BillingState, now: datetime) -> tuple[datetime, bool]:
    """Return the start of the events that a round reads, and whether it searches for late ones."""
    if state.read_until is None:
        oldest = Charge.objects.order_by("created_at").values_list("created_at", flat=True).first()
        return max(oldest or now - OVERLAP, now - FIRST), True
    if state.deep_at is None or now - state.deep_at >= DEEP_EVERY:
        return min(state.read_until - OVERLAP, now - DEEP), True
    return state.read_until - OVERLAP, False


def pause_s(failures: int) -> float:
    """Return the seconds until the next round after that many failures in a row."""
    doubled: float = EVERY_S * 2.0 ** min(failures, 10)
    return min(doubled, LONGEST_PAUSE_S)


def sentence(error: fal.FalError) -> str:
    """Return the reason of a failed reading, and a remedy."""
    refusal = refusals.find_refusal(error.as_json())
    if refusal and refusal.is_account_wide and error.status != HTTPStatus.UNAUTHORIZED:
        return refusal.sentence
    match error.status:
        case 401:
            text = "fal refuses FAL_ADMIN_KEY. An admin can put a valid one into .env."
        case 403:
            text = (
                "FAL_ADMIN_KEY may not read bills: it needs the scope ADMIN, or the permission "
                f"billing:usage:read. fal says: {error.message}"
            )
        case 429:
            text = "fal wants fewer requests for bills; Vitrine tries again later."
        case None:
            is_silent = isinstance(error, fal.Unreachable)
            trouble = "does not answer" if is_silent else "answers nothing that can be read"
            text = f"fal's billing {trouble}: {error.message}"
        case _:
            text = f"fal's billing answers {error.status}: {error.message}"
    return db_safe_text(text)[:MAX_TROUBLE_CHARS]


def claimed(now: datetime) -> Claim | None:
    """Return the round if one is due, and keep other workers from it."""
    state, _ = BillingState.objects.get_or_create(pk=ONLY)
    if state.next_at is not None and state.next_at > now:
        return None
    until = now + timedelta(seconds=LONGEST_PAUSE_WITHIN_S)
    unclaimed = BillingState.objects.filter(pk=ONLY, next_at=state.next_at)
    if not unclaimed.update(next_at=until, has_key=True):
        return None
    return Claim(state, now, *start_of(state, now))


def _renew(now: datetime) -> None:
    until = now + timedelta(seconds=LONGEST_PAUSE_WITHIN_S)
    BillingState.objects.filter(pk=ONLY).update(next_at=until)


def _finish(claim: Claim) -> None:
    state, now = claim.state, claim.at
    state.has_key = True
    # Slightly before the job's next call, so that the round is due then.
    state.next_at = now + timedelta(seconds=pause_s(state.failures) * 0.9)
    balance.warn_if_short(state, now)
    state.save()


def _note_missing_key() -> None:
    """Record that this worker has no key, unless another worker reads bills."""
    now = clock.now()
    if not BillingState.objects.filter(pk=ONLY).exists():
        return
    stale = BillingState.objects.filter(pk=ONLY, has_key=True, next_at__lt=now - timedelta(hours=1))
    stale.update(has_key=False)
