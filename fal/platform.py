"""The Platform API: which endpoints exist and what they cost (protocol, section 3)."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from fal.catalogue import CatalogueItem, Estimate, Malformed, Page, Price, prices
from fal.errors import RequestRejected
from fal.reading import as_mapping, parse, text_or_none
from fal.requests import PastRequest
from fal.wire import Params, Wire

IDS_PER_CALL = 50
SCHEMAS_PER_CALL = 10
REQUESTS_PER_CALL = 100
_T = TypeVar("_T")


@dataclass(frozen=True)
class Found:
    """What find mode gave for a number of ids; `missing` are those that fal does not know."""

    items: list[CatalogueItem]
    malformed: list[Malformed]
    missing: list[str]


class Platform:
    """Reads the catalogue; works without a key, which only raises the rate limit."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._told: tuple[datetime, float] | None = None  # a date of fal's, and when it came here

    def now(self) -> datetime | None:
        """What the time is by fal's clock, to a second or two; None until an answer has told it."""
        if self._told is None:
            return None
        date, then = self._told
        return date + timedelta(seconds=time.monotonic() - then)

    async def page(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        endpoint_id: str | Iterable[str] = (),
        q: str | None = None,
        category: str | None = None,
        status: str | None = None,
        expand: str | Iterable[str] = (),
        sort: str | None = None,
    ) -> Page:
        """One page of `/models`: list mode without, find mode with `endpoint_id` (at most 50)."""
        params = _params(
            limit=limit,
            cursor=cursor,
            endpoint_id=endpoint_id,
            q=q,
            category=category,
            status=status,
            expand=expand,
            sort=sort,
        )
        return Page.from_bytes(await self._get("/models", params))

    async def models(
        self, *, limit: int | None = None, cursor: str | None = None, **same: Any
    ) -> AsyncGenerator[Page]:
        """The pages from `cursor` on, for the arguments of `page`, until fal has no more (C1).

        Filters and limit stay the same on the way, as fal wants it. A limit that fal finds too
        large is halved on the first page (C5). A cursor seen before ends the pages.
        """
        seen: set[str | None] = set()
        while cursor not in seen:
            try:
                page = await self.page(limit=limit, cursor=cursor, **same)
            except RequestRejected as error:
                if cursor is not None or not limit or limit == 1 or not _is_about_limit(error):
                    raise
                limit //= 2
                continue
            seen.add(cursor)
            yield page
            if not page.has_more or page.next_cursor is None:
                return
            cursor = page.next_cursor

    async def find(self, endpoint_ids: Iterable[str], *, expand: str | Iterable[str] = ()) -> Found:
        """These endpoints, at most ten at a time where schemas are expanded (C5).

        A batch too large for fal is halved; one with an id that fal does not know is asked
        for one by one. An id that fal knows of without metadata is an item like the others.
        """
        wanted = list(dict.fromkeys(endpoint_ids))

        async def ask(ids: list[str]) -> list[Page]:
            same: dict[str, Any] = {"limit": len(ids), "endpoint_id": ids, "expand": expand}
            first = await self.page(**same)
            if not first.has_more or first.next_cursor is None:
                return [first]
            return [first, *[page async for page in self.models(cursor=first.next_cursor, **same)]]

        pages = [
            page
            for batch in _batches(wanted, SCHEMAS_PER_CALL if expand else IDS_PER_CALL)
            for page in await _divided(batch, ask)
        ]
        items = {item.endpoint_id: item for page in pages for item in page.models}
        malformed = [entry for page in pages for entry in page.malformed]
        answered = items.keys() | {entry.endpoint_id for entry in malformed}
        return Found(
            items=[items[i] for i in wanted if i in items],
            malformed=malformed,
            missing=[i for i in wanted if i not in answered],
        )

    async def pricing(self, endpoint_ids: Iterable[str]) -> list[Price]:
        """The prices of these endpoints, fifty a call; those without a price are left out."""

        wanted = list(dict.fromkeys(endpoint_ids))
        return [
            price
            for batch in _batches(wanted, IDS_PER_CALL)
            for price in await _divided(batch, self._prices)
        ]

    async def estimate(
        self,
        *,
        calls: Mapping[str, int] | None = None,
        units: Mapping[str, float | Decimal] | None = None,
    ) -> Estimate:
        """What so many `calls` of each endpoint would cost by history, or so many `units` by price."""
        if (calls is None) == (units is None):
            raise ValueError("An estimate is by calls or by units: give exactly one of them.")
        if calls is not None:
            body = _estimate("historical_api_price", "call_quantity", calls)
        else:
            body = _estimate("unit_price", "unit_quantity", units or {})
        answer = await self._wire.ask(
            "POST",
            f"{self._wire.addresses.api}/models/pricing/estimate",
            headers={"Content-Type": "application/json"},
            content=body,
            repeat=True,  # it changes nothing
        )
        return Estimate.from_json(parse(answer.content))

    async def requests(
        self,
        endpoint_id: str,
        *,
        start: datetime | None = None,
        request_id: str | None = None,
        payloads: bool = False,
        pages: int = 5,
    ) -> list[PastRequest]:
        """The requests that this endpoint got, with their inputs if asked for (3.5): those since `start`, or the one.

        At most `pages` of a hundred. Needs a key.
        """
        found: list[PastRequest] = []
        cursor: str | None = None
        seen: set[str | None] = set()
        while cursor not in seen and len(seen) < pages:
            seen.add(cursor)
            params = _params(
                endpoint_id=endpoint_id,
                start=start.isoformat() if start else None,
                request_id=request_id,
                limit=REQUESTS_PER_CALL,
                expand="payloads" if payloads else None,
                cursor=cursor,
            )
            page = as_mapping(parse(await self._get("/models/requests/by-endpoint", params)))
            items = page.get("items")
            rows = map(PastRequest.from_json, items if isinstance(items, list) else [])
            found += [row for row in rows if row]
            cursor = text_or_none(page, "next_cursor")
        return found

    async def _prices(self, ids: list[str]) -> list[Price]:
        found: list[Price] = []
        cursor: str | None = None
        seen: set[str | None] = set()
        while cursor not in seen:
            seen.add(cursor)
            params = _params(endpoint_id=ids, cursor=cursor)
            page, cursor = prices(parse(await self._get("/models/pricing", params)))
            found += page
        return found

    async def _get(self, path: str, params: Params) -> bytes:
        url = f"{self._wire.addresses.api}{path}"
        answer = await self._wire.ask("GET", url, params=params, repeat=True)
        if date := answer.date:
            self._told = date, time.monotonic()
        return answer.content


def _params(**given: str | int | Iterable[str] | None) -> Params:
    """Query parameters: lists repeat the plain name, None and empty lists are left out (C2)."""
    params: list[tuple[str, str]] = []
    for name, value in given.items():
        values = [value] if isinstance(value, str | int) else value or []
        params += [(name, str(item)) for item in values]
    return params


def _estimate(kind: str, quantity: str, wanted: Mapping[str, int | float | Decimal]) -> bytes:
    numbers = {i: n if isinstance(n, int) else float(n) for i, n in wanted.items()}
    endpoints = {endpoint_id: {quantity: number} for endpoint_id, number in numbers.items()}
    return json.dumps({"estimate_type": kind, "endpoints": endpoints}).encode()


def _batches(ids: list[str], size: int) -> list[list[str]]:
    return [ids[start : start + size] for start in range(0, len(ids), size)]


async def _divided(ids: list[str], ask: Callable[[list[str]], Awaitable[list[_T]]]) -> list[_T]:
    """What `ask` finds for `ids`, asked in smaller parts where fal refuses them together.

    400: the batch is too large, halve it. 404: fal does not know one of them; ask singly.
    """
    try:
        return await ask(ids)
    except RequestRejected as error:
        if error.status == 404 and len(ids) == 1:
            return []
        if error.status not in {400, 404} or len(ids) == 1:
            raise
        is_singly = error.status == 404 and len(ids) <= SCHEMAS_PER_CALL
    parts = _batches(ids, 1 if is_singly else (len(ids) + 1) // 2)
    return [found for part in parts for found in await _divided(part, ask)]


def _is_about_limit(error: RequestRejected) -> bool:
    return error.status == 400 and "limit" in error.message.lower()
