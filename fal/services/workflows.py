"""Client for the workflows of an account; needs a key (protocol, 15.8)."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from fal.http.wire import Params, Wire
from fal.messages.workflows import WorkflowDetail, WorkflowPage
from fal.reading import parse

PAGE_LIMIT = 50
MOST_PAGES = 40


class Workflows:
    """Lists and opens the workflows of the account whose key is used."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def pages(self) -> AsyncGenerator[WorkflowPage]:
        """All pages of the list; a repeated cursor ends it (C68)."""
        cursor: str | None = None
        seen: set[str | None] = set()
        while cursor not in seen and len(seen) < MOST_PAGES:
            seen.add(cursor)
            params = [("limit", str(PAGE_LIMIT)), *([("cursor", cursor)] if cursor else [])]
            page = WorkflowPage.from_json(await self._get("/workflows", params))
            yield page
            if page.next_cursor is None:
                return
            cursor = page.next_cursor

    async def open(self, owner: str, name: str) -> WorkflowDetail:
        """One workflow of the account, or a public one, with its definition."""
        return WorkflowDetail.from_json(await self._get(f"/workflows/{owner}/{name}", []))

    async def _get(self, path: str, params: Params) -> object:
        url = f"{self._wire.addresses.api}{path}"
        answer = await self._wire.send("GET", url, params=params, repeat=True)
        return parse(answer.content)
