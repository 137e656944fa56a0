"""The MCP SDK's own client signs in by a person's browser, and calls a tool."""

import asyncio
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.test import Client as Browser

from api import tokens
from api.assistants.http import PATHS, Assistants
from api.models import Token
from api.wait import HeldResponses
from runs.models import Run
from tests.api.assistants.conftest import FLUX, text_of
from tests.api.oauth.program import answer, back_in
from tests.core.live.listening import listening

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.system]
ADDRESS = "http://testserver/mcp"
BACK = "http://localhost:41234/callback"


class Storage:
    """Keeps what a program must remember between its starts."""

    tokens: Any = None
    client_info: Any = None

    async def get_tokens(self) -> Any:
        return self.tokens

    async def set_tokens(self, tokens: Any) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> Any:
        return self.client_info

    async def set_client_info(self, client_info: Any) -> None:
        self.client_info = client_info


def provider(browser: Browser, storage: Storage) -> Any:
    """Return the SDK's sign-in; the person presses "Connect" in `browser`."""
    from mcp.client.auth import OAuthClientProvider
    from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata

    answered = dict[str, list[str]]()

    def press(address: str) -> None:
        page = browser.get(address).content.decode()
        response = browser.post("/oauth/authorize/", answer(page))
        answered.update(parse_qs(urlsplit(back_in(response)).query))

    async def called_back() -> AuthorizationCodeResult:
        return AuthorizationCodeResult(code=answered["code"][0], state=answered["state"][0])

    metadata: Any = {"client_name": "SDK", "redirect_uris": [BACK]}
    metadata |= {"token_endpoint_auth_method": "none"}
    return OAuthClientProvider(
        ADDRESS, OAuthClientMetadata(**metadata), storage, sync_to_async(press), called_back
    )


def test_the_sdk_signs_in_calls_a_tool_and_is_refused_once_revoked(pages, user, flux):
    from mcp import Client
    from mcp.client.streamable_http import streamable_http_client

    browser, storage = Browser(), Storage()
    browser.force_login(user)

    async def main() -> str:
        async with listening() as broker:
            held = HeldResponses(pages, lambda: broker)
            assistants = Assistants(held, 1)

            async def app(scope: Any, receive: Any, send: Any) -> None:
                here = assistants if scope["path"] in PATHS else held
                await here(scope, receive, send)

            transport = httpx2.ASGITransport(app=app)
            auth = provider(browser, storage)
            async with httpx2.AsyncClient(transport=transport, auth=auth) as http:
                stream = streamable_http_client(ADDRESS, http_client=http)
                async with Client(stream) as client:
                    paid = {"endpoint_id": FLUX, "arguments": {"prompt": "fox"}, "wait_s": 0}
                    result = await client.call_tool("run_model", paid)
            await assistants.stop()
        await sync_to_async(connections.close_all)()
        return text_of(result)

    run_id = asyncio.run(main())
    run = Run.objects.get()
    assert str(run.pk) in run_id
    row = Token.objects.get()
    assert (row.user, row.name, run.user) == (user, "SDK", user)
    tokens.revoke(user, row)
    bearer = {"Authorization": f"Bearer {storage.tokens.access_token}"}
    assert Browser().get("/api/v1/me", headers=bearer).status_code == 401
