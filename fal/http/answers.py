"""Turns an unsuccessful response into an error (protocol, sections 3.6, 5.6 and 11)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from fal.db_safe import db_safe_text
from fal.errors import (
    AuthFailed,
    FalError,
    InvalidInput,
    NotReady,
    RateLimited,
    RequestRejected,
    RunFailed,
    UpstreamFailed,
)
from fal.reading import as_mapping, decimal, http_date, parse, text, text_or_none

RETRYABLE_TYPES = frozenset(
    {
        # model errors, 11.1
        "internal_server_error",
        "generation_timeout",
        "downstream_service_error",
        "downstream_service_unavailable",
        # request errors, 11.2
        "request_timeout",
        "startup_timeout",
        "runner_scheduling_failure",
        "runner_connection_timeout",
        "runner_disconnected",
        "runner_connection_refused",
        "runner_connection_error",
        "runner_incomplete_response",
        "runner_server_error",
        "internal_error",
        # gateway and Platform API, 11.3 and 3.6
        "concurrent_requests_limit",
        "rate_limited",
        "server_error",
    }
)
CANCELLED, DISCONNECTED = "client_cancelled", "client_disconnected"  # 11.2
CONCURRENCY_LIMIT = "concurrent_requests_limit"  # 11.3
FILE_DOWNLOAD = "file_download_error"  # 11.1: the model could not fetch an input
BROKEN = "stream_broken"  # ours: a connection that broke off before the outcome
CLIENT_CLOSED_REQUEST = 499  # a proxy's or fal's status: the client has gone
_FLAGS = {"1": True, "true": True, "0": False, "false": False}
_TRANSIENT_STATUSES = frozenset({408, 409, 425, 429})
_ABOUT_OUR_CALL = frozenset({401, 402, 403, 404, *_TRANSIENT_STATUSES})
_MAX_WAIT_S = 86_400.0
_MAX_MESSAGE_CHARS = 600


class Answer(NamedTuple):
    """The parts of an HTTP response that this package reads."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def request_id(self) -> str | None:
        """fal's request id. fal's own responses carry it; a proxy in front of fal does not."""
        return self.headers.get("x-fal-request-id") or None

    @property
    def billable_units(self) -> str:
        """The request's cost in the model's billing unit (protocol, 3.4); empty if not stated."""
        units = decimal(self.headers.get("x-fal-billable-units"))
        return "" if units is None else str(units)

    @property
    def date(self) -> datetime | None:
        """The server's `Date`; None if it is missing or the response came from a cache."""
        return None if "age" in self.headers else http_date(self.headers.get("date", ""))

    @property
    def content_type(self) -> str:
        """The body's media type in lower case without parameters; empty if not stated."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Reason(NamedTuple):
    """fal's explanation: raw `detail`, error `type` if named, and `message` in one line."""

    type: str | None
    message: str
    detail: Any
    request_id: str | None
    is_structured: bool


def rejection(answer: Answer) -> FalError:
    """The error for a response outside 2xx; its class follows from the status."""
    cls = _BY_STATUS.get(answer.status) or (
        UpstreamFailed if answer.status >= 500 else RequestRejected
    )
    return _error(cls, answer, reason(answer))


def run_failure(answer: Answer) -> FalError:
    """The error for an unsuccessful result: RunFailed if the model failed, else as `rejection`.

    401 to 404, 408, 409, 425 and 429 are about our call unless they carry a typed list of model
    errors. A 5xx is the model's if fal names an error type, or sends JSON with its request id. An
    error page of a proxy between fal and us says nothing about the run.
    """
    why = reason(answer)
    message = why.message.lower().replace("_", " ")
    if answer.status == 202 or (answer.status == 400 and "still in " in message):
        return _error(NotReady, answer, why, is_retryable=True)
    typed_list = isinstance(why.detail, list) and why.type is not None
    if answer.status in _ABOUT_OUR_CALL or answer.status < 400:
        is_models = typed_list
    elif answer.status < 500:
        is_models = why.is_structured or bool(answer.request_id)
    else:
        is_models = why.type is not None or (bool(answer.request_id) and why.is_structured)
    return _error(RunFailed, answer, why) if is_models else rejection(answer)


def reason(answer: Answer) -> Reason:
    """The explanation in the body: `error.message`, else `detail`, else plain text (C9)."""
    try:
        body = parse(answer.content)
    except UpstreamFailed:
        return _plain_reason(answer)
    header_type = answer.headers.get("x-fal-error-type") or None
    raw = as_mapping(body)
    if envelope := as_mapping(raw.get("error")):
        return Reason(
            text_or_none(envelope, "type") or header_type,
            text(envelope, "message") or _without_reason(answer),
            raw["error"],
            text_or_none(envelope, "request_id") or answer.request_id,
            True,
        )
    detail = raw.get("detail")
    if detail is None:
        detail = raw.get("message") or raw.get("error") or raw.get("status") or (raw or body)
    problems = error_paths(detail)
    return Reason(
        text_or_none(raw, "error_type")
        or header_type
        or next((p.type for p in problems if p.type), None),
        _summary(problems) or _without_reason(answer),
        detail,
        text_or_none(raw, "request_id") or answer.request_id,
        bool(raw),
    )


class Problem(NamedTuple):
    """One entry of `detail`; an empty `path` means the request itself, not an argument.

    Then `ctx` has the value that was refused as `input`, if fal says it.
    """

    path: tuple[str | int, ...]
    message: str
    type: str | None
    ctx: dict[str, Any]


def error_paths(detail: Any) -> list[Problem]:
    """The problems in a `detail` list or text; paths lose the leading `body` (11.4, C31).

    Paths may include names of union branches: match the longest prefix that the form knows.
    """
    if detail is None or detail in ("", [], {}):
        return []
    entries = detail if isinstance(detail, list) else [detail]
    return [_problem(entry) for entry in entries]


def _problem(entry: Any) -> Problem:
    if not isinstance(entry, dict):
        return Problem((), entry if isinstance(entry, str) else repr(entry), None, {})
    loc = entry.get("loc")
    path = (
        [part if type(part) is int else str(part) for part in loc] if isinstance(loc, list) else []
    )
    if path and path[0] in ("body", "query"):
        del path[0]
    message = text(entry, "msg") or text(entry, "message") or text(entry, "type") or repr(entry)
    ctx = dict(as_mapping(entry.get("ctx")))
    if categories := _categories(entry.get("categories") or ctx.get("categories")):
        message = f"{message.rstrip(' .')}. Categories: {', '.join(categories)}."
    if not path and "input" in entry:
        ctx["input"] = entry["input"]
    return Problem(tuple(path), message, text_or_none(entry, "type"), ctx)


def _categories(value: Any) -> list[str]:
    """Return what content was refused for: a list of names, or the flags or scores above zero."""
    if isinstance(value, dict):
        value = [name for name, is_hit in value.items() if is_hit]
    names = value if isinstance(value, list) else [value]
    return [name.replace("_", " ") for name in names if isinstance(name, str) and name]


def retry_after_s(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds to wait by Retry-After (seconds or a date), else by x-ratelimit-reset; max. one day.

    A date is compared with the server's own `Date`, because its clock may differ from ours.
    """
    now = now or http_date(headers.get("date", "")) or datetime.now(UTC)
    for name in ("retry-after", "x-ratelimit-reset"):
        seconds = _seconds(headers.get(name, ""), now)
        if seconds is not None:
            return min(max(0.0, seconds), _MAX_WAIT_S)
    return None


def _seconds(value: str, now: datetime) -> float | None:
    try:
        seconds = float(value)
    except ValueError:
        moment = http_date(value)
        return moment.timestamp() - now.timestamp() if moment else None
    if not math.isfinite(seconds):
        return None
    # Some gateways send the reset as a Unix time in seconds or milliseconds; values this large
    # cannot be durations.
    if seconds > 1_000_000_000_000:
        seconds /= 1000
    return seconds - now.timestamp() if seconds > 1_000_000_000 else seconds


def _error(
    cls: type[FalError], answer: Answer, why: Reason, *, is_retryable: bool | None = None
) -> FalError:
    return cls(
        why.message,
        status=answer.status,
        type=why.type,
        detail=why.detail,
        request_id=why.request_id,
        is_retryable=_is_retryable(answer, why) if is_retryable is None else is_retryable,
        retry_after_s=retry_after_s(answer.headers),
        billable_units=answer.billable_units,
    )


def _is_retryable(answer: Answer, why: Reason) -> bool:
    headers = answer.headers
    if answer.status == 504 and headers.get("x-fal-request-timeout-type", "").lower() == "user":
        return False  # the caller's own deadline expired (C24)
    for name in ("x-fal-needs-retry", "x-fal-retryable"):
        flag = _FLAGS.get(headers.get(name, "").strip().lower())
        if flag is not None:
            return flag
    if why.type in RETRYABLE_TYPES:
        return True
    return answer.status >= 500 or answer.status in _TRANSIENT_STATUSES


def _plain_reason(answer: Answer) -> Reason:
    start = answer.content[: 4 * _MAX_MESSAGE_CHARS].decode("utf-8", "replace")
    plain = db_safe_text(start).strip()
    is_page = plain.startswith("<") or "html" in answer.headers.get("content-type", "")
    message = _without_reason(answer) if is_page or not plain else plain[:_MAX_MESSAGE_CHARS]
    error_type = answer.headers.get("x-fal-error-type") or None
    return Reason(error_type, message, plain or None, answer.request_id, False)


def _without_reason(answer: Answer) -> str:
    return f"fal answered {answer.status} and did not say why."


def _summary(problems: list[Problem]) -> str:
    """All problems in one line: `loras[0].path: field required; prompt: too long`."""
    lines = [f"{dotted(p.path)}: {p.message}" if p.path else p.message for p in problems]
    line = db_safe_text("; ".join(lines))
    return line if len(line) <= _MAX_MESSAGE_CHARS else f"{line[: _MAX_MESSAGE_CHARS - 1]}…"


def dotted(path: tuple[str | int, ...]) -> str:
    """`("loras", 0, "path")` → `loras[0].path`."""
    return "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path).removeprefix(".")


_BY_STATUS: dict[int, type[FalError]] = {
    401: AuthFailed,
    403: AuthFailed,
    422: InvalidInput,
    429: RateLimited,
}
