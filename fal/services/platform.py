"""Client for the Platform API: endpoints, prices, past requests (protocol, section 3)."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from fal.errors import RequestRejected
from fal.http.wire import Params, Wire
from fal.messages.analytics import COUNTS, CallCounts, call_counts
from fal.messages.catalogue import CatalogueItem, Malformed, Page, Price, prices
from fal.messages.request import PastRequest
from fal.reading import as_mapping, parse, text_or_none

IDS_PER_CALL = 50
SCHEMAS_PER_CALL = 10
REQUESTS_PER_CALL = 100
_T = TypeVar("_T")


@dataclass(frozen=True)
class LookupResult:
    """The result of a lookup by ids; `missing` are the ids that fal does not know."""

    items: list[CatalogueItem]
    malformed: list[Malformed]
    missing: list[str]


class Platform:
    """Reads the catalogue. Works without a key; a key only raises the rate limit."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._server_date: tuple[datetime, float] | None = None  # with time.monotonic() then

    def now(self) -> datetime | None:
        """The time by fal's clock, accurate to two seconds; None before the first response."""
        if self._server_date is None:
            return None
        date, then = self._server_date
        return date + timedelta(seconds=time.monotonic() - then)

    async def fetch_page(
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
        """One page of `/models`; with `endpoint_id` (at most 50) only these endpoints."""
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
        has_documents = "openapi-3.0" in expand
        return Page.from_bytes(await self._get("/models", params), has_texts=not has_documents)

    async def models(
        self, *, limit: int | None = None, cursor: str | None = None, **filters: Any
    ) -> AsyncGenerator[Page]:
        """All pages from `cursor` on, with the arguments of `page` (C1).

        Filters and limit stay the same for all pages, as fal requires. If fal rejects the limit as
        too large, it is halved on the first page (C5). A repeated cursor ends the iteration.
        """
        seen: set[str | None] = set()
        while cursor not in seen:
            try:
                page = await self.fetch_page(limit=limit, cursor=cursor, **filters)
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

    async def find(
        self, endpoint_ids: Iterable[str], *, expand: str | Iterable[str] = ()
    ) -> LookupResult:
        """The endpoints with these ids, ten per request if schemas are expanded, else fifty (C5).

        A batch that fal rejects as too large is halved; if fal does not know one of its ids, they
        are requested one by one. An endpoint without metadata is an item like the others.
        """
        unique_ids = list(dict.fromkeys(endpoint_ids))

        async def ask(ids: list[str]) -> list[Page]:
            query: dict[str, Any] = {"limit": len(ids), "endpoint_id": ids, "expand": expand}
            first = await self.fetch_page(**query)
            if not first.has_more or first.next_cursor is None:
                return [first]
            return [first, *[page async for page in self.models(cursor=first.next_cursor, **query)]]

        pages = [
            page
            for batch in _batches(unique_ids, SCHEMAS_PER_CALL if expand else IDS_PER_CALL)
            for page in await _split_on_refusal(batch, ask)
        ]
        items = {item.endpoint_id: item for page in pages for item in page.models}
        malformed = [entry for page in pages for entry in page.malformed]
        answered = items.keys() | {entry.endpoint_id for entry in malformed}
        return LookupResult(
            items=[items[i] for i in unique_ids if i in items],
            malformed=malformed,
            missing=[i for i in unique_ids if i not in answered],
        )

    async def pricing(self, endpoint_ids: Iterable[str]) -> list[Price]:
        """The prices of these endpoints, fifty per request; endpoints without one are omitted."""
        unique_ids = list(dict.fromkeys(endpoint_ids))
        return [
            price
            for batch in _batches(unique_ids, IDS_PER_CALL)
            for price in await _split_on_refusal(batch, self._prices)
        ]

    async def requests(
        self,
        endpoint_id: str,
        *,
        start: datetime | None = None,
        request_id: str | None = None,
        payloads: bool = False,
        pages: int = 5,
    ) -> list[PastRequest]:
        """The requests that an endpoint received: since `start`, or only `request_id` (3.5).

        Reads at most `pages` pages of a hundred. `payloads` adds inputs and outputs. Needs a key.
        """
        requests: list[PastRequest] = []
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
            requests += [row for row in rows if row]
            cursor = text_or_none(page, "next_cursor")
        return requests

    async def analytics(self, endpoint_ids: Iterable[str], *, start: datetime) -> list[CallCounts]:
        """The account's calls to these endpoints since `start`, fifty per request. Needs a key."""

        async def ask(ids: list[str]) -> list[CallCounts]:
            params = _params(endpoint_id=ids, start=start.isoformat(), expand=("summary", *COUNTS))
            return call_counts(parse(await self._get("/models/analytics", params)))

        return [
            counts
            for batch in _batches(list(dict.fromkeys(endpoint_ids)), IDS_PER_CALL)
            for counts in await _split_on_refusal(batch, ask)
        ]

    async def _prices(self, ids: list[str]) -> list[Price]:
        all_prices: list[Price] = []
        cursor: str | None = None
        seen: set[str | None] = set()
        while cursor not in seen:
            seen.add(cursor)
            params = _params(endpoint_id=ids, cursor=cursor)
            page, cursor = prices(parse(await self._get("/models/pricing", params)))
            all_prices += page
        return all_prices

    async def _get(self, path: str, params: Params) -> bytes:
        url = f"{self._wire.addresses.api}{path}"
        answer = await self._wire.send("GET", url, params=params, repeat=True)
        if date := answer.date:
            self._server_date = date, time.monotonic()
        return answer.content


def _params(**by_name: str | int | Iterable[str] | None) -> Params:
    """Query parameters: a list repeats the plain name; None and empty lists are omitted (C2)."""
    params: list[tuple[str, str]] = []
    for name, value in by_name.items():
        values = [value] if isinstance(value, str | int) else value or []
        params += [(name, str(item)) for item in values]
    return params


def _batches(ids: list[str], size: int) -> list[list[str]]:
    return [ids[start : start + size] for start in range(0, len(ids), size)]


async def _split_on_refusal(
    ids: list[str], ask: Callable[[list[str]], Awaitable[list[_T]]]
) -> list[_T]:
    """The results of `ask(ids)`, split into smaller batches if fal refuses the whole.

    400: the batch is too large, so halve it. 404: fal does not know one of the ids, so request
    each id alone (after halving, if there are many).
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
    return [result for part in parts for result in await _split_on_refusal(part, ask)]


def _is_about_limit(error: RequestRejected) -> bool:
    return error.status == 400 and "limit" in error.message.lower()
