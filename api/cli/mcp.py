"""`vitrine mcp`: serves one AI assistant over stdin and stdout (Model Context Protocol)."""

from __future__ import annotations

import asyncio
import os
from decimal import Decimal, InvalidOperation
from typing import Any

from api.assistants.budget import ProcessBudget
from api.assistants.caller import Refused, refusal
from api.cli.client import Client
from api.cli.errors import CommandFailed

CAP = "MCP_SPENDING_CAP"
DEFAULT_CAP = "5"


class Threaded:
    """A `Caller` that runs the command line client's blocking calls in a thread."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lock = asyncio.Lock()

    async def call(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Return the JSON of an operation's response; raises Refused."""
        options: dict[str, Any] = {} if body is None else {"json": body}
        options["params"] = {name: value for name, value in query.items() if value is not None}
        return await self._refusing(self._client.call, method, path, **options)

    async def file(self, path: str) -> tuple[bytes, str]:
        """Return a file's bytes and content type; raises Refused."""
        content: tuple[bytes, str] = await self._refusing(self._client.content, path)
        return content

    async def _refusing(self, function: Any, *arguments: Any, **more: Any) -> Any:
        try:
            async with self._lock:
                return await asyncio.to_thread(function, *arguments, **more)
        except CommandFailed as failure:
            if isinstance(failure.problem, dict):  # in the terms of tools, not of commands
                raise refusal(failure.status, failure.problem) from failure
            message = "\n".join([str(failure), *failure.lines])
            raise Refused(message, failure.status) from failure


def serve(client: Client) -> None:
    """Serve until stdin is closed; one session may spend at most `MCP_SPENDING_CAP`."""
    from api.assistants.questions import Asking
    from api.assistants.server import build
    from api.assistants.tools import Tools

    caller = Threaded(client)
    budget = ProcessBudget(caller, _cap())

    def tools_of(context: Any) -> Tools:
        return Tools(caller, budget, Asking(context), context.report_progress)

    build(tools_of).run("stdio")


def _cap() -> Decimal:
    text = os.environ.get(CAP, "") or DEFAULT_CAP
    try:
        return Decimal(text)
    except InvalidOperation:
        raise CommandFailed(f"{CAP} must be a number, not {text!r}.") from None
