"""Every tool of assistants does with a project's objects what `membership.py` declares.

A tool or resource with a parameter that names an object needs a row there.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import transaction
from django.test import Client

from api.assistants import http, server, tools
from api.assistants.http import Assistants
from tests.accounts.membership import ASSISTANTS, OBJECTS, PROGRAMS, ROLES, declared
from tests.accounts.test_membership import world
from tests.api.assistants.conftest import connect_client
from tests.sampling import one_of_each

# imported where it is used: otherwise every process pays half a second when collecting tests
if TYPE_CHECKING:
    from mcp import Client as Assistant

__all__ = ["world"]

pytestmark = [pytest.mark.django_db, pytest.mark.any_database, pytest.mark.system]
# Parameters that name no object of a project. `project` only narrows, or says where a run lives.
OTHER = {
    "allow_unknown", "arguments", "cursor", "endpoint_id", "input", "inputs", "limit", "model",
    "name", "no_retry", "owner", "position", "priority", "project", "question", "slug",
    "start_timeout_s", "state", "wait_s",
}  # fmt: skip
MORE: dict[str, dict[str, Any]] = {
    "run_flow": {"inputs": {}, "wait_s": 0},
    "run_model": {"arguments": {}, "wait_s": 0},
}
WORDS = {401: "login", 403: "no", 404: "none"}


class Pages:
    """The pages, on the test's own connection; they record the statuses of API calls."""

    def __init__(self) -> None:
        self.statuses: list[int] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = (await receive())["body"]
        status, content = await sync_to_async(self._answer)(scope, body)
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": content})

    def _answer(self, scope: Any, body: bytes) -> tuple[int, bytes]:
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        address = f"{scope['path']}?{scope['query_string'].decode()}"
        if not address.startswith("/api/"):
            return 404, b""  # a thumbnail, which the tools can do without
        response = Client().generic(
            scope["method"], address, body, "application/json", headers=headers
        )
        self.statuses.append(response.status_code)
        return response.status_code, response.content

    @property
    def word(self) -> str:
        """The word of the table for the answers since the last `clear`."""
        return next((WORDS[status] for status in self.statuses if status in WORDS), "yes")


@pytest.fixture(autouse=True)
def without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "COPY_WAIT_S", -1.0)  # for copies, because no worker makes any
    # the connection belongs to the transaction that is rolled back
    monkeypatch.setattr(http, "close_old_connections", lambda: None)


def named_parameters() -> set[tuple[str, str]]:
    """Return each tool and resource with each of its parameters."""

    from mcp.server.request_state import RequestStateSecurity

    async def list_parameters() -> set[tuple[str, str]]:
        security = RequestStateSecurity(keys=[bytes(32)])
        no_tools: Any = None
        built = server.build(no_tools, security, "https://vitrine.example")
        pairs = {
            (tool.name, parameter)
            for tool in await built.list_tools()
            for parameter in tool.input_schema.get("properties", {})
        }
        for resource in await built.list_resource_templates():
            parts = resource.uri_template.split("{")[1:]
            pairs |= {(resource.uri_template, part.partition("}")[0]) for part in parts}
        return pairs

    return asyncio.run(list_parameters())


def test_every_tool_about_a_thing_has_a_row():
    about_things = {pair for pair in named_parameters() if pair[1] not in OTHER}
    assert about_things == set(ASSISTANTS), "declare it in tests/accounts/membership.py"


async def ask(client: Assistant, tool: str, parameter: str, key: Any) -> None:
    """Request an object and undo the effects."""
    from mcp import MCPError

    rolled_back = transaction.atomic()
    await sync_to_async(rolled_back.__enter__)()
    try:
        if "://" in tool:
            with suppress(MCPError):
                await client.read_resource(tool.replace(f"{{{parameter}}}", str(key)))
        else:
            key = key if isinstance(key, int) else str(key)
            await client.call_tool(tool, {parameter: key} | MORE.get(tool, {}))
    finally:
        await sync_to_async(transaction.set_rollback)(True)
        await sync_to_async(rolled_back.__exit__)(None, None, None)


def test_assistants_get_what_their_users_role_says(world):
    pages = Pages()
    cells = {
        role: [
            (tool, parameter, thing, declared(PROGRAMS[route], *route, role, thing))
            for (tool, parameter), route in ASSISTANTS.items()
            for thing in OBJECTS
            if world.things(role, thing)
        ]
        for role in ROLES[1:]
    }

    async def differences(role: str) -> list[tuple[str, ...]]:
        assistants = Assistants(pages, cap=1)
        differing: list[tuple[str, ...]] = []
        async with connect_client(assistants, f"Bearer {world.token(role)}") as client:
            # For each tool, one object that the role gets and one that it does not.
            of_tools = one_of_each(cells[role], lambda cell: (cell[0], cell[3]), role)
            for tool, parameter, thing, word in of_tools:
                things = world.things(role, thing)
                assert things
                pages.statuses.clear()
                await ask(client, tool, parameter, things.parts[parameter])
                assert pages.statuses
                if pages.word != word:
                    differing.append((tool, role, thing, pages.word))
        await assistants.stop()
        return differing

    assert not [difference for role in cells for difference in async_to_sync(differences)(role)]
