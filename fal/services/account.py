"""Client for bills and balance, which only the account's ADMIN key may read (protocol, 17.1)."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from fal.messages.billing import Balance, BillingPage

if TYPE_CHECKING:
    from fal.addresses import Addresses
    from fal.http.wire import Wire

EVENTS_PER_CALL = 100
LONGEST = timedelta(days=90)


class Account:
    """Reads billing events and the balance; `has_key` says whether there is a key for that."""

    def __init__(self, wire: Wire, *, has_key: bool) -> None:
        self._wire = wire
        self.has_key = has_key

    async def billing_events(self, start: datetime, end: datetime) -> AsyncGenerator[BillingPage]:
        """All pages of events from `start` to before `end`, in spans of at most 90 days.

        A repeated cursor ends a span.
        """
        while start < end:
            until = min(end, start + LONGEST)
            async for page in self._span(start, until):
                yield page
            start = until

    async def _span(self, start: datetime, end: datetime) -> AsyncGenerator[BillingPage]:
        cursor: str | None = None
        seen: set[str | None] = set()
        while cursor not in seen:
            seen.add(cursor)
            params = [
                ("start", start.isoformat()),
                ("end", end.isoformat()),
                ("limit", str(EVENTS_PER_CALL)),
                *([("cursor", cursor)] if cursor else []),
            ]
            page = BillingPage.from_bytes(await self._get("/models/billing-events", params))
            yield page
            if page.next_cursor is None:
                return
            cursor = page.next_cursor

    async def balance(self) -> Balance:
        """The account's credit."""
        return Balance.from_bytes(await self._get("/account/billing", [("expand", "credits")]))

    async def _get(self, path: str, params: list[tuple[str, str]]) -> bytes:
        url = f"{self._wire.addresses.api}{path}"
        return (await self._wire.send("GET", url, params=params, repeat=True)).content


def only_api(addresses: Addresses) -> Addresses:
    """Addresses by which only the Platform API receives a key, and no files are fetched."""
    api = addresses.api
    return replace(addresses, queue=api, run=api, ws=api, rest=api, media=())
