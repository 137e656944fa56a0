"""Connects the MCP SDK's own client with `/mcp`, among the pages of the web process."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from asgiref.sync import sync_to_async
from django.core.wsgi import get_wsgi_application
from django.db import connections

from api import tokens
from api.assistants.http import Assistants
from api.models import Token
from api.wait import HeldResponses
from tests.api.pages import Pages
from tests.core.live.listening import listening
from tests.features.flows.conftest import flow, models
from tests.leaks.responses import watched_application

# imported where it is used: otherwise every process pays half a second when collecting tests
if TYPE_CHECKING:
    from mcp import Client

__all__ = ["flow", "models"]

FLUX = "fal-ai/flux/dev"
MAX_BYTES = 8192


@pytest.fixture
def pages() -> Iterator[Pages]:
    app = Pages(get_wsgi_application())
    yield app
    app.close()


@pytest.fixture
def flux(make_endpoint: Any, documents: Any) -> Any:
    return make_endpoint(
        FLUX, documents[FLUX], unit_price_usd="0.025", price_unit="images", currency="USD"
    )


@asynccontextmanager
async def connect_client(
    assistants: Assistants, authorization: str, mode: Any = "auto", **declared: Any
) -> AsyncIterator[Client]:
    """Yield a client of `assistants` that sends this header."""
    from mcp import Client
    from mcp.client.streamable_http import streamable_http_client

    transport = httpx2.ASGITransport(app=watched_application(assistants))
    headers = {"Authorization": authorization}
    async with httpx2.AsyncClient(transport=transport, headers=headers) as http:
        stream = streamable_http_client("http://testserver/mcp", http_client=http)
        async with Client(stream, mode=mode, **declared) as client:
            yield client


@pytest.fixture
def talk(pages: Pages, user: Any) -> Callable[..., Any]:
    """`talk(conversation, scopes)`: run a conversation of the SDK's client with `/mcp`."""

    def converse(
        conversation: Callable[[Client], Awaitable[Any]],
        *scopes: str,
        cap: int = 1,
        mode: Any = "auto",
        project: Any = None,
        secret: str = "",
        **declared: Any,
    ) -> Any:
        name = uuid.uuid4().hex if project or Token.objects.exists() else "assistant"
        if not secret:
            _, secret = tokens.create(user, name, scopes or ("read", "run"), project=project)

        async def main() -> Any:
            async with listening() as broker:
                assistants = Assistants(HeldResponses(pages, lambda: broker), cap)
                authorization = f"Bearer {secret}"
                async with connect_client(assistants, authorization, mode, **declared) as client:
                    outcome = await conversation(client)
                await assistants.stop()
            await sync_to_async(connections.close_all)()
            return outcome

        return asyncio.run(main())

    return converse


def text_of(result: Any) -> str:
    """Return a result's text. It must be small."""
    size = len(json.dumps(result.model_dump(mode="json"), ensure_ascii=False).encode())
    assert size <= MAX_BYTES
    return str(result.content[0].text)
