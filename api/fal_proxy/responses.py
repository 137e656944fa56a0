"""A run's status, result or error as a response of fal's hosts."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.http import HttpResponse

from api import costs
from api.contract.operation import JSON
from api.fal_proxy import result_files
from api.http.dispatch import dumps
from api.http.problem import Problem
from fal.messages.endpoint_id import EndpointId
from runs.models import START_TIMEOUT, Run

REQUEST_ID, BILLED, ERROR_TYPE = "x-fal-request-id", "x-fal-billable-units", "x-fal-error-type"
TIMEOUT_TYPE = "x-fal-request-timeout-type"
TIMEOUT_TYPE = "x-fal-request-timeout-type"
KEY_REFUSED = "Upstream did not accept this server's key. Tell an admin of this Vitrine."
CANCELLED = {"detail": "Request was cancelled", "error_type": "client_cancelled"}
NOT_OVER = (
    "The request is still in progress. Read its result from the queue by its request id, "
    "or use subscribe, which waits for as long as it takes."
)
LOST = "The connection to the model broke off. The run's page says what is known about it."
NOT_FOUND = {"status": "NOT_FOUND", "detail": "There is no such request."}


class UpstreamResponse(HttpResponse):
    """JSON in upstream's format, which error middleware leaves unchanged."""

    is_exact = True
    _has_been_logged = True  # Django reads it: a model's error is not a failure of this server

    def __init__(
        self, content: bytes, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        all_headers = {"Cache-Control": "private, no-store", **(headers or {})}
        super().__init__(content, status=status, content_type=JSON, headers=all_headers)


def as_json(
    body: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> UpstreamResponse:
    """Return the response with this body."""
    return UpstreamResponse(dumps(body), status, headers)


def refusal(problem: Problem) -> UpstreamResponse:
    """Return a problem of ours in a format for fal's clients, which show `detail` or `message`."""
    body = problem.as_json() | {"message": problem.detail}
    return as_json(body, problem.status, problem.headers)


def submitted(run: Run, base: str) -> UpstreamResponse:
    """Return the response to a submit; `base` is the address of the queue."""
    body = _request(run, base) | {
        "status": "IN_QUEUE",
        "queue_position": run.queue_position or 0,
        "logs": None,
        "metrics": {},
    }
    return as_json(body, headers=_headers(run))


def status(run: Run, base: str, *, with_logs: bool) -> UpstreamResponse:
    """Return the response to a status request."""
    body = status_body(run, base, with_logs=with_logs)
    return as_json(body, 200 if run.is_final else 202, _headers(run))


def status_stream(run: Run, base: str, *, with_logs: bool) -> UpstreamResponse:
    """Return a status stream with its first event only; `status_streams` continues it."""
    body = dumps(status_body(run, base, with_logs=with_logs))
    response = UpstreamResponse(b"data: " + body + b"\n\n", 200, _headers(run))
    response.headers["Content-Type"] = "text/event-stream; charset=utf-8"
    return response


def status_body(run: Run, base: str, *, with_logs: bool) -> dict[str, Any]:
    """Return the status as JSON; `base` is the address of the queue."""
    body = _request(run, base) | {"logs": run.logs if with_logs else None}
    if run.is_final:
        # If a webhook ended the run, metrics arrive later: an empty object would change then.
        metrics = {"metrics": run.metrics} if run.metrics else {}
        body |= {"status": "COMPLETED", **metrics, **_error_words(run)}
    elif run.state == Run.State.RUNNING:
        body |= {"status": "IN_PROGRESS"}
    else:
        body |= {"status": "IN_QUEUE", "queue_position": run.queue_position or 0}
    return body


def result(run: Run, addresses: Mapping[str, str] = MappingProxyType({})) -> UpstreamResponse:
    """Return the model's output, or upstream's error; `addresses` replace those of its files."""
    if not run.is_final:
        return as_json({"detail": "Request is still in progress"}, 400, _headers(run))
    if run.state != Run.State.SUCCEEDED:
        return _failure(run)
    content = run.output_text or dumps(run.output).decode()
    return UpstreamResponse(result_files.replaced(content, addresses).encode(), 200, _headers(run))


def of_connection(run: Run) -> UpstreamResponse:
    """Return the response to a call over one connection that ended before its response began."""
    if run.is_final:
        return result(run)
    message = str((run.error or {}).get("message") or LOST)
    return _given_up(run, {"detail": message, "message": message})


def not_over(run: Run) -> UpstreamResponse:
    """Return the response to a call that timed out waiting; prevents clients from retrying it."""
    return _given_up(run, {"detail": NOT_OVER, "message": NOT_OVER})


def _given_up(run: Run, body: dict[str, Any]) -> UpstreamResponse:
    headers = _headers(run) | {TIMEOUT_TYPE: "user", ERROR_TYPE: "request_timeout"}
    return as_json(body | {"error_type": "request_timeout"}, 504, headers)


def cancelled(run: Run, *, is_taken: bool) -> UpstreamResponse:
    """Return the response to a cancel."""
    word = "CANCELLATION_REQUESTED" if is_taken else "ALREADY_COMPLETED"
    return as_json({"status": word}, 202 if is_taken else 400, _headers(run))


def _request(run: Run, base: str) -> dict[str, Any]:
    address = f"{base}/{EndpointId.parse(run.endpoint.endpoint_id).app}/requests/{run.pk}"
    return {
        "request_id": str(run.pk),
        "response_url": address,
        "status_url": f"{address}/status",
        "cancel_url": f"{address}/cancel",
    }


def _headers(run: Run) -> dict[str, str]:
    billed = {BILLED: run.billable_units} if run.billable_units else {}
    return {REQUEST_ID: str(run.pk)} | billed | costs.in_headers(run)


def _error_words(run: Run) -> dict[str, Any]:
    """Return `error` and `error_type` of a request that failed or was cancelled."""
    if run.state == Run.State.SUCCEEDED:
        return {}
    if run.state == Run.State.CANCELLED and not run.error:
        return {"error": CANCELLED["detail"], "error_type": CANCELLED["error_type"]}
    error = run.error or {}
    kind = str(error.get("type") or "")
    message = KEY_REFUSED if error.get("status") == 401 else str(error.get("message") or "Failed")
    return {"error": message} | ({"error_type": kind} if kind else {})


def _failure(run: Run) -> UpstreamResponse:
    """Return upstream's error response, by its status, type and detail."""
    error, headers = run.error or {}, _headers(run)
    if run.state == Run.State.CANCELLED and not error.get("status"):
        return as_json(CANCELLED, 499, headers | {ERROR_TYPE: CANCELLED["error_type"]})
    if START_TIMEOUT in error:
        headers |= {TIMEOUT_TYPE: "user"}
    code = error.get("status")
    if code == 401:  # it was our key that upstream rejected, not the client's token
        return as_json({"detail": KEY_REFUSED, "message": KEY_REFUSED}, 500, headers)
    detail = error.get("detail")
    body = {"detail": str(error.get("message") or "Failed") if detail is None else detail}
    kind = str(error.get("type") or "")
    if kind and not isinstance(detail, list):
        body, headers = body | {"error_type": kind}, headers | {ERROR_TYPE: kind}
    has_code = isinstance(code, int) and 400 <= code < 600
    return as_json(body, int(code or 0) if has_code else 500, headers)
