"""The entry points of programs: the API, fal's and OpenAI's protocols, assistants."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any, cast
from urllib.parse import urlencode

from asgiref.sync import async_to_sync, sync_to_async
from django.test import Client
from mcp_types import InputRequiredResult

from api.assistants.caller import CallRefused, refusal
from api.assistants.questions import Asking, EarlierAnswer, InputRequired
from api.assistants.tools import Tools
from tests.runs.doors.boards_and_flows import new_flow
from tests.runs.doors.world import LLM, PAINT, SHORT, Use, World, post_json


def api(world: World) -> Use:
    """Start a run by the API."""
    body = {"endpoint_id": PAINT, "arguments": {"prompt": "a cat"}}
    return lambda: post_json(world.program(), "/api/v1/runs", body)


def fal_proxy(world: World) -> Use:
    """Submit to the queue with fal's own client."""
    target = f"https://queue.fal.run/{PAINT}"
    client, body = world.program(), {"prompt": "a cat"}
    return lambda: post_json(client, "/api/fal/proxy", body, x_fal_target_url=target)


def fal_proxy_at_once(world: World) -> Use:
    """Call fal.run with fal's own client."""
    client, body = world.program(), {"prompt": "a cat"}
    target = f"https://fal.run/{PAINT}"
    return lambda: post_json(client, "/api/fal/proxy", body, x_fal_target_url=target)


def fal_proxy_stream(world: World) -> Use:
    """Stream with fal's own client."""
    client, body = world.program(), {"prompt": "Hi", "model": "a/b"}
    target = f"https://fal.run/{LLM}/stream"
    return lambda: post_json(client, "/api/fal/proxy", body, x_fal_target_url=target)


def openai(world: World) -> Use:
    """Ask OpenAI's route for a completion."""
    return _openai(world, is_stream=False)


def openai_stream(world: World) -> Use:
    """Ask OpenAI's route for a stream."""
    return _openai(world, is_stream=True)


def _openai(world: World, *, is_stream: bool) -> Use:
    body = {"model": SHORT, "messages": [{"role": "user", "content": "Hi"}], "stream": is_stream}
    return lambda: post_json(world.program(), "/api/openai/v1/chat/completions", body)


class _Calls:
    """An assistant's calls of the API, also as the budget of its session."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def call(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Return the JSON of an operation's response; raise CallRefused."""
        return await sync_to_async(self._call)(method, path, body, query)

    async def file(self, path: str) -> tuple[bytes, str]:
        """The tests request no file."""
        raise AssertionError(path)

    async def open_addresses(self, run_id: str) -> dict[int, str]:
        """The tests open no file."""
        return {}

    async def left(self) -> Decimal:
        """Return what the session may still spend."""
        return Decimal(9)

    async def start(
        self, amount: Decimal | None, path: str, body: Any, project: str = "", consent: str = ""
    ) -> Any:
        """Post to a paid operation; raise CallRefused."""
        return await self.call("POST", path, body, project=project, consent=consent)

    def _call(self, method: str, path: str, body: Any, query: dict[str, Any]) -> Any:
        content = "" if body is None else json.dumps(body)
        named = urlencode({name: value for name, value in query.items() if value})
        response = self._client.generic(
            method, f"/api/v1{path}?{named}", content, content_type="application/json"
        )
        if response.status_code >= 400:
            raise refusal(response.status_code, response.json())
        return response.json()


def _assistant(world: World, act: Callable[[Tools], Any]) -> Use:
    calls = _Calls(world.program())

    async def progress(done: float, total: float, text: str) -> None:
        """Nobody watches."""

    async def ask() -> str:
        tools = Tools(calls, calls, cast("Asking", _Yes()), progress)
        try:
            try:
                return str(await act(tools))
            except InputRequired:
                return str(await act(tools))  # with the person's yes
        except CallRefused as refused:
            return str(refused)

    return lambda: str(async_to_sync(ask)())


class _Yes:
    """The client of a person who confirms everything: it repeats the call with a yes."""

    program = "tests"

    def __init__(self) -> None:
        self._answer: EarlierAnswer | None = None

    def earlier_answer(self) -> EarlierAnswer | None:
        """Return the yes to the question, if one was asked."""
        return self._answer

    def ask(self, consent: dict[str, Any], message: str) -> None:
        """Confirm."""
        self._answer = EarlierAnswer(consent["id"], True)
        raise InputRequired(InputRequiredResult(request_state=consent["id"]))


def assistant(world: World) -> Use:
    """An assistant runs a model (MCP)."""
    rest: dict[str, Any] = {"allow_unknown": True, "project": ""}
    arguments = {"prompt": "a cat"}
    return _assistant(world, lambda tools: tools.run_model(arguments, PAINT, wait_s=0, **rest))


def assistant_flow(world: World) -> Use:
    """An assistant runs a flow (MCP)."""
    a_flow = new_flow(world)
    rest: dict[str, Any] = {"allow_unknown": True, "project": ""}
    return _assistant(world, lambda tools: tools.run_flow(str(a_flow.pk), wait_s=0, **rest))
