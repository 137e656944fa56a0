"""queue.fal.run: submit, status, status stream, result, cancel."""

import re
from collections.abc import AsyncIterator
from typing import Any

import orjson
from starlette.requests import Request as HttpRequest
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from sandbox.contract.registry import Model, app_of
from sandbox.execution.engine import Request, Status, wants_inline, watch
from sandbox.faults import reply
from sandbox.hosts.web import Refused, body_json, demand_key, route
from sandbox.retention import OUTPUT_HEADERS, lifetime_s
from sandbox.state import Sandbox

REQUEST_PATH = re.compile(
    r"(?P<app>.+?)/requests/(?P<id>[^/]+)(?:/(?P<what>status/stream|status|cancel|response))?/?"
)
CODES = {Status.IN_QUEUE: 202, Status.IN_PROGRESS: 202, Status.COMPLETED: 200}
TIMEOUT_HEADERS = ("x-fal-request-start-timeout", "x-fal-request-timeout")  # the new name wins


def routes(sandbox: Sandbox) -> list[Route]:
    """The routes of the queue host."""
    return [
        route(sandbox, "/{path:path}", "POST", "submit", submit),
        route(sandbox, "/{path:path}", "PUT", "cancel", cancel),
        route(sandbox, "/{path:path}", "GET", _kind_of_get, get_request),
    ]


def _kind_of_get(http: HttpRequest) -> str:
    match = REQUEST_PATH.fullmatch(http.path_params["path"])
    request_kind = match["what"] if match else None
    return {"status": "status", "status/stream": "status_stream"}.get(request_kind or "", "result")


async def submit(http: HttpRequest, sandbox: Sandbox) -> Response:
    """Queue a request; its input is validated when it runs, as fal does."""
    demand_key(http, sandbox, "submit")
    model = find_model(http.path_params["path"], sandbox)
    arguments = await body_json(http)
    limit = http.query_params.get("fal_max_queue_length", "")
    if limit.isdigit() and sandbox.engine.waiting_for(model.app) >= int(limit):
        raise Refused(too_many("The queue is longer than fal_max_queue_length"))
    request = make_request(http, model, arguments, sandbox)
    request.low_priority = http.headers.get("x-fal-queue-priority") == "low"
    request.webhook = http.query_params.get("fal_webhook")
    sandbox.engine.submit(request, start_timeout_s=start_timeout(http))
    answer: dict[str, Any] = {
        "status": "IN_QUEUE",
        **_addresses(request, sandbox),
        "queue_position": sandbox.engine.position(request),
        "logs": None,
        "metrics": {},
        "gateway_request_id": request.id,
    }
    return reply(answer, headers=headers_of(request))


async def get_request(http: HttpRequest, sandbox: Sandbox) -> Response:
    """Return status, status stream or result, by the path."""
    demand_key(http, sandbox, "status", optional=True)
    request, request_kind = _find_request(http, sandbox)
    wants_logs = http.query_params.get("logs", "").lower() in ("1", "true")
    if request_kind == "status":
        body = status_of(request, sandbox, wants_logs)
        return reply(body, CODES[request.status], headers_of(request))
    if request_kind == "status/stream":
        events = _events(request, sandbox, wants_logs)
        return event_stream(events, request)
    if sandbox.clock.now() >= request.result_until:
        return reply({"status": "NOT_FOUND"}, 404)
    return result_of(request)


async def cancel(http: HttpRequest, sandbox: Sandbox) -> Response:
    """Cancel a request."""
    demand_key(http, sandbox, "cancel", optional=True)
    request, request_kind = _find_request(http, sandbox)
    if request_kind != "cancel":
        return reply({"detail": "Method Not Allowed"}, 405)
    if sandbox.engine.cancel(request):
        return reply({"status": "CANCELLATION_REQUESTED"}, 202, headers_of(request))
    return reply({"status": "ALREADY_COMPLETED"}, 400, headers_of(request))


def find_model(path: str, sandbox: Sandbox) -> Model:
    """Return the model at an address; raises Refused with fal's 404."""
    endpoint_id = path.strip("/")
    model = sandbox.registry.get(endpoint_id)
    if model is not None:
        return model
    app = app_of(endpoint_id)
    if sandbox.registry.has_app(app):
        detail = f"Path {endpoint_id.removeprefix(app) or '/'} not found"
    else:
        detail = f'Application "{app.rpartition("/")[2]}" not found'
    raise Refused(reply({"detail": detail}, 404))


def make_request(http: HttpRequest, model: Model, arguments: Any, sandbox: Sandbox) -> Request:
    """Return a request with the options that fal's platform headers set."""
    return Request(
        model,
        arguments,
        files_last_s=lifetime_s(http.headers, OUTPUT_HEADERS, sandbox.storage_settings),
        keep_payloads=http.headers.get("x-fal-store-io") != "0",
        wants_inline=wants_inline(model, arguments),
    )


def start_timeout(http: HttpRequest) -> float | None:
    """Return the seconds within which the request has to start; raises Refused if malformed."""
    timeout = next((http.headers[name] for name in TIMEOUT_HEADERS if name in http.headers), None)
    if timeout is None:
        return None
    try:
        seconds = float(timeout)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        detail = f"The start timeout {timeout!r} is not a positive number of seconds"
        body = {"detail": detail, "error_type": "bad_request"}
        raise Refused(reply(body, 400, {"X-Fal-Error-Type": "bad_request"}))
    return seconds


def status_of(
    request: Request, sandbox: Sandbox, wants_logs: bool, logs_from: int = 0
) -> dict[str, Any]:
    """Return the status object, with the log lines from `logs_from` on."""
    status: dict[str, Any] = {"status": request.status, **_addresses(request, sandbox)}
    if request.status is Status.IN_QUEUE:
        return status | {"queue_position": sandbox.engine.position(request)}
    status["logs"] = request.logs[logs_from:] if wants_logs else None
    if request.is_over:
        status["metrics"] = {"inference_time": request.inference_s}
        if request.failure is not None and not request.silent:
            status["error"] = request.failure.text
            status["error_type"] = request.failure.error_type
    return status


def result_of(request: Request) -> Response:
    """Return the output or the failure's response; 400 before the request has ended."""
    headers = headers_of(request)
    if not request.is_over:
        return reply({"detail": "Request is still in progress"}, 400, headers)
    if request.failure is not None:
        failure = request.failure
        return reply(failure.body(), failure.status, headers | failure.headers())
    return reply(request.output, headers=headers | {"X-Fal-Billable-Units": f"{request.billed:g}"})


def headers_of(request: Request) -> dict[str, str]:
    """Return the headers of every response about a request."""
    return {"x-fal-request-id": request.id, "X-Fal-Served-From": "sandbox"}


def too_many(text: str) -> Response:
    """Return 429 because of too many concurrent requests."""
    type_ = "concurrent_requests_limit"
    headers = {"X-Fal-Error-Type": type_, "X-Fal-Needs-Retry": "1"}
    return reply({"detail": text, "error_type": type_}, 429, headers)


def event_stream(events: AsyncIterator[bytes], request: Request) -> StreamingResponse:
    """Return a stream of server-sent events about a request."""
    headers = headers_of(request) | {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(events, headers=headers, media_type="text/event-stream")


async def _events(request: Request, sandbox: Sandbox, wants_logs: bool) -> AsyncIterator[bytes]:
    sent_logs, last = 0, b""
    async for is_news in watch(request, sandbox.config.ping_s):
        if not is_news:
            yield b": ping\n\n"
            continue
        body = orjson.dumps(status_of(request, sandbox, wants_logs, sent_logs))
        sent_logs = len(request.logs)
        if body != last:  # without logs, most changes leave the status as it was
            last = body
            yield b"data: " + body + b"\n\n"


def _addresses(request: Request, sandbox: Sandbox) -> dict[str, str]:
    base = f"{sandbox.config.address('queue')}/{request.model.app}/requests/{request.id}"
    return {
        "request_id": request.id,
        "response_url": base,
        "status_url": f"{base}/status",
        "cancel_url": f"{base}/cancel",
    }


def _find_request(http: HttpRequest, sandbox: Sandbox) -> tuple[Request, str | None]:
    match = REQUEST_PATH.fullmatch(http.path_params["path"])
    request = sandbox.engine.requests.get(match["id"]) if match else None
    if match is None or request is None or app_of(match["app"]) != request.model.app:
        raise Refused(reply({"status": "NOT_FOUND"}, 404))
    return request, match["what"]
