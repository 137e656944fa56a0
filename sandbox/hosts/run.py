"""fal.run: synchronous runs, and server-sent events under `/stream`.

Endpoints that take OpenAI's chat body stream at their own address, if the body has `stream`.
"""

import asyncio
from collections.abc import AsyncIterator
from functools import partial

import orjson
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import BaseRoute, WebSocketRoute

from sandbox.contract.registry import COMPLETIONS
from sandbox.execution.engine import Request, watch
from sandbox.faults import reply
from sandbox.hosts import realtime
from sandbox.hosts.queue import (
    event_stream,
    find_model,
    make_request,
    result_of,
    start_timeout,
    too_many,
)
from sandbox.hosts.web import Refused, body_json, demand_key, route
from sandbox.state import Sandbox


def routes(sandbox: Sandbox) -> list[BaseRoute]:
    """The routes of the run host."""
    return [
        route(sandbox, "/{path:path}", "POST GET", _kind, run),
        WebSocketRoute("/{path:path}", partial(realtime.serve, sandbox=sandbox)),
    ]


def _kind(http: HttpRequest) -> str:
    path = http.path_params["path"].rstrip("/")
    if path.endswith(COMPLETIONS):
        return "completions"
    return "stream" if path.endswith("/stream") else "run"


async def run(http: HttpRequest, sandbox: Sandbox) -> Response:
    """Run at once and respond with the output; a disconnected client cancels the run."""
    demand_key(http, sandbox, "run")
    path = http.path_params["path"].strip("/")
    streamed = path.removesuffix("/stream")
    model = sandbox.registry.get(path)
    wants_stream = model is None and streamed != path
    if model is None:
        model = find_model(streamed if wants_stream else path, sandbox)
    if wants_stream and not model.is_streaming:
        return reply({"detail": "Path /stream not found"}, 404)
    start_timeout(http)  # only validated: a synchronous run does not wait in the queue
    arguments = dict(http.query_params) if http.method == "GET" else await body_json(http)
    if model.is_completions:
        wants_stream = isinstance(arguments, dict) and arguments.get("stream") is True
    request = make_request(http, model, arguments, sandbox)
    if not sandbox.engine.start(request):
        raise Refused(too_many("Too many requests in progress"))
    if wants_stream:
        return await _stream(request, sandbox)
    await _until_over(http, request, sandbox)
    return result_of(request)


async def _stream(request: Request, sandbox: Sandbox) -> Response:
    """Stream partial outputs, then the output; a failure before the first is an HTTP error."""
    while not (request.is_over or request.partials):
        await request.changed(request.version)
    if request.failure is not None and not request.partials:
        return result_of(request)
    return event_stream(_partials(request, sandbox), request)


async def _partials(request: Request, sandbox: Sandbox) -> AsyncIterator[bytes]:
    sent_count = 0
    try:
        async for is_news in watch(request, sandbox.config.ping_s):
            if not is_news:
                yield b": ping\n\n"
            for partial in request.partials[sent_count:]:
                yield b"data: " + orjson.dumps(partial) + b"\n\n"
                sent_count += 1
        if request.failure is not None and _ends_with_workflow_error(request):
            return
        if request.failure is not None:
            raise ConnectionAbortedError(f"stream of {request.id} failed")
        yield b"data: " + _last_event(request) + b"\n\n"
    finally:
        sandbox.engine.cancel(request)


def _ends_with_workflow_error(request: Request) -> bool:
    """Return whether the last event is a workflow's `error`; the stream then ends normally."""
    last = request.partials[-1] if request.partials else None
    return isinstance(last, dict) and last.get("type") == "error" and "node_id" in last


def _last_event(request: Request) -> bytes:
    """Return the output as an event; a workflow's has a type, OpenAI's chunks end with `[DONE]`."""
    if request.model.is_completions:
        return b"[DONE]"
    if request.model.endpoint_id.startswith("workflows/"):
        return orjson.dumps({"type": "output", "output": request.output})
    return orjson.dumps(request.output)


async def _until_over(http: HttpRequest, request: Request, sandbox: Sandbox) -> None:
    ended = asyncio.ensure_future(request.over())
    disconnected = asyncio.ensure_future(_wait_for_disconnect(http))
    await asyncio.wait({ended, disconnected}, return_when=asyncio.FIRST_COMPLETED)
    if not ended.done():
        sandbox.engine.cancel(request)
        await ended
    disconnected.cancel()


async def _wait_for_disconnect(http: HttpRequest) -> None:
    while (await http.receive())["type"] != "http.disconnect":
        pass
