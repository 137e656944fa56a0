"""Figures of requests for `/models/analytics` (protocol, 17.2); durations are in seconds."""

import math
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from sandbox.execution.engine import Request

Metric = Callable[[list[Request]], Any]
COLD_BOOT_S = 1.0
BUCKETS_S = {"minute": 60, "hour": 3600, "day": 86400, "week": 7 * 86400}


def outcome(request: Request) -> str | None:
    """Return `success`, `user_error` or `error`; None before the end."""
    if not request.is_over:
        return None
    if request.failure is None:
        return "success"
    return "user_error" if request.failure.status < 500 else "error"


def _prepare_s(request: Request) -> float:
    return (request.started_at or request.sent_at) - request.sent_at


def _inference_s(request: Request) -> float | None:
    return request.inference_s


def _with_outcome(name: str, requests: list[Request]) -> int:
    return sum(outcome(request) == name for request in requests)


def _failed_as(kinds: str, requests: list[Request]) -> int:
    failures = [request.failure for request in requests if outcome(request) == "error"]
    return sum(any(kind in f.error_type for kind in kinds.split()) for f in failures if f)


def _percentile(
    percent: int, value: Callable[[Request], float | None], requests: list[Request]
) -> float | None:
    values = sorted(v for request in requests if (v := value(request)) is not None)
    return values[math.ceil(percent / 100 * len(values)) - 1] if values else None


def _cold_boot_s(request: Request) -> float | None:
    return seconds if (seconds := _prepare_s(request)) > COLD_BOOT_S else None


def _cold_boot_count(requests: list[Request]) -> int:
    return sum(_cold_boot_s(request) is not None for request in requests)


METRICS: dict[str, Metric] = {
    "request_count": len,
    "success_count": partial(_with_outcome, "success"),
    "user_error_count": partial(_with_outcome, "user_error"),
    "error_count": partial(_with_outcome, "error"),
    "startup_error_count": partial(_failed_as, "startup scheduling"),
    "connection_error_count": partial(_failed_as, "connection disconnected"),
    "timeout_error_count": partial(_failed_as, "timeout"),
    "runtime_error_count": partial(_failed_as, "server_error internal_error"),
    "cold_boot_count": _cold_boot_count,
    "total_billable_duration": lambda requests: sum(r.inference_s or 0.0 for r in requests),
    **{f"p{n}_duration": partial(_percentile, n, _inference_s) for n in (25, 50, 75, 90, 95, 99)},
    **{f"p{n}_prepare_duration": partial(_percentile, n, _prepare_s) for n in (50, 75, 90, 95, 99)},
    **{f"p{n}_cold_boot_duration": partial(_percentile, n, _cold_boot_s) for n in (50, 75, 90)},
}


def rows(requests: Iterable[Request], metrics: list[str]) -> list[dict[str, Any]]:
    """Return a row with these metrics for each endpoint."""
    by_endpoint: dict[str, list[Request]] = {}
    for request in requests:
        by_endpoint.setdefault(request.model.endpoint_id, []).append(request)
    return [
        {"endpoint_id": name, **{metric: METRICS[metric](own) for metric in metrics}}
        for name, own in by_endpoint.items()
    ]


def time_series(
    requests: Iterable[Request], metrics: list[str], timeframe: str
) -> list[dict[str, Any]]:
    """Return the rows of each period in which there were requests, in order."""
    step, buckets = BUCKETS_S[timeframe], dict[int, list[Request]]()
    for request in requests:
        buckets.setdefault(int(request.sent_at // step * step), []).append(request)
    return [
        {"bucket": datetime.fromtimestamp(start, UTC).isoformat(), "results": rows(own, metrics)}
        for start, own in sorted(buckets.items())
    ]
