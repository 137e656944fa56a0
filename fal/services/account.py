"""Clients for an account's bills, files and workflows, and for the keys of fal's webhooks."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from fal import reading
from fal.errors import RequestRejected
from fal.messages.billing import Balance, BillingPage
from fal.messages.retention import PayloadDeletion, StorageSettings
from fal.messages.workflows import WorkflowDetail, WorkflowPage

if TYPE_CHECKING:
    from fal.addresses import Addresses
    from fal.http.wire import Params, Wire

EVENTS_PER_CALL = 1000
LONGEST = timedelta(days=90)  # of a span of events
WORKFLOWS_PER_CALL = 50
MAX_WORKFLOW_PAGES = 40


class Account:
    """Bills, and what fal keeps: calls that need the account's ADMIN key (17.1, 17.3 and 17.6).

    `has_key` says whether there is one.
    """

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
            cursor = page.next_cursor

    async def balance(self) -> Balance:
        """The account's credit."""
        return Balance.from_bytes(await self._get("/account/billing", [("expand", "credits")]))

    async def delete_payloads(self, request_id: str, *, idempotency_key: str) -> PayloadDeletion:
        """Delete a request's stored input and output, and its output files, for good (C77).

        Retried, since fal answers the same again to the same `idempotency_key` for ten minutes.
        """
        url = f"{self._wire.addresses.api}/models/requests/{quote(request_id, safe='')}/payloads"
        headers = {"Idempotency-Key": idempotency_key}
        try:
            answer = await self._wire.send("DELETE", url, headers=headers, repeat=True)
        except RequestRejected as error:
            if error.status == 404 and error.type == "not_found":  # not a proxy's 404
                return PayloadDeletion([], is_known=False)
            raise
        return PayloadDeletion.from_bytes(answer.content)

    async def storage_settings(self) -> StorageSettings:
        """How long the account's files stay, and who may read them, unless a request says so."""
        return StorageSettings.from_bytes(await self._get("/storage/settings", []))

    async def _get(self, path: str, params: list[tuple[str, str]]) -> bytes:
        url = f"{self._wire.addresses.api}{path}"
        return (await self._wire.send("GET", url, params=params, repeat=True)).content


def only_api(addresses: Addresses) -> Addresses:
    """Addresses by which only the Platform API receives a key, and no files are fetched."""
    api = addresses.api
    return replace(addresses, queue=api, run=api, ws=api, rest=api, media=())


class Workflows:
    """Lists and opens the workflows of the account whose key is used (protocol, 15.8)."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def pages(self) -> AsyncGenerator[WorkflowPage]:
        """All pages of the list; a repeated cursor ends it (C68)."""
        cursor: str | None = None
        seen: set[str | None] = set()
        while cursor not in seen and len(seen) < MAX_WORKFLOW_PAGES:
            seen.add(cursor)
            params = [("limit", str(WORKFLOWS_PER_CALL)), *([("cursor", cursor)] if cursor else [])]
            page = WorkflowPage.from_json(await self._get("/workflows", params))
            yield page
            cursor = page.next_cursor

    async def open(self, owner: str, name: str) -> WorkflowDetail:
        """One workflow of the account, or a public one, with its definition."""
        return WorkflowDetail.from_json(await self._get(f"/workflows/{owner}/{name}", []))

    async def _get(self, path: str, params: Params) -> object:
        url = f"{self._wire.addresses.api}{path}"
        answer = await self._wire.send("GET", url, params=params, repeat=True)
        return reading.parse(answer.content)


class Keys:
    """Fetches the public keys with which fal's webhooks are verified (protocol, 10.2)."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def fetch(self) -> dict[str, Any]:
        """The key set as fal sends it; raises FalError. Cache it for up to a day."""
        url = f"{self._wire.addresses.rest}/.well-known/jwks.json"
        answer = await self._wire.send("GET", url, repeat=True, with_key=False)
        return dict(reading.as_mapping(reading.parse(answer.content)))
