"""Runs and their artifacts as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from typing import Any

from api.contract.operation import Call
from api.representation import moments
from catalog.pricing import billed_in_words
from notifications import run_webhooks
from notifications.models import masked
from playground.display import history
from runs.files import result_names
from runs.files.artifact_urls import artifact_url
from runs.models import Artifact, Run
from runs.results import error_messages
from schemas.estimate import Estimate

LOG_LINES = 50
_SMALLEST = Decimal("0.00000001")


def card(run: Run, call: Call) -> dict[str, Any]:
    """Return a `RunCard`; endpoint and artifacts should be loaded."""
    is_failed = run.state == Run.State.FAILED
    return {
        "id": str(run.pk),
        "endpoint_id": run.endpoint.endpoint_id,
        "title": run.title,
        "state": run.state,
        "is_final": run.is_final,
        "transport": run.transport,
        "reason": error_messages.reason(run.error) if is_failed else "",
        "note": "" if run.is_final else run.note,
        "created_at": moments.as_text(run.created_at),
        "ended_at": moments.as_text(run.ended_at),
        "duration_s": history.seconds(run),
        "artifacts": [artifact(one, run, call) for one in run.artifacts.all()],
        "is_starred": run.is_starred,
        "batch_id": str(run.batch) if run.batch else None,
        "url": call.absolute(run.get_absolute_url()),
    }


def whole(run: Run, call: Call) -> dict[str, Any]:
    """Return a `Run`."""
    return card(run, call) | {
        "arguments": run.arguments,
        "output": run.output,
        "error": error(run.error) if run.error else None,
        "logs": [str(line.get("message", "")) for line in run.logs[-LOG_LINES:]],
        "queue_position": None if run.is_final else run.queue_position,
        "started_at": moments.as_text(run.started_at),
        "inference_s": run.inference_s,
        "billed": billed_in_words(run.billable_units, run.endpoint) if run.billable_units else "",
        "request_id": run.request_id,
        "webhook_url": masked(run_webhooks.address_of(run)),
    }


def error(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return a `RunError`."""
    explanation = error_messages.explain(found)
    return {
        "type": str(found.get("type") or ""),
        "title": explanation.title,
        "advice": explanation.advice,
        "is_retryable": explanation.is_retryable,
        "problems": [
            {"path": list(one.path), "message": one.message}
            for one in error_messages.problems(found)
        ],
    }


def artifact(found: Artifact, run: Run, call: Call) -> dict[str, Any]:
    """Return an `Artifact`; an inline file has our address, which serves it."""
    url = found.get_absolute_url() if found.is_inline else artifact_url(found)
    return {
        "position": found.position,
        "kind": found.kind,
        "path": found.path,
        "url": call.absolute(url) if url else None,
        "content_type": found.content_type,
        "file_name": result_names.result_name(run, found),
        "width": found.width,
        "height": found.height,
        "duration_s": found.duration_s,
        "size_bytes": found.size_bytes,
        "state": found.state,
        "is_starred": found.is_starred,
    }


def estimate(found: Estimate) -> dict[str, Any]:
    """Return an `Estimate`."""
    return {
        "low": _amount(found.low, ROUND_FLOOR),
        "high": _amount(found.most, ROUND_CEILING),
        "currency": found.currency,
        "text": found.words,
        "basis": list(found.basis),
    }


def _amount(amount: Decimal | None, rounding: str) -> float | None:
    """Return an amount as a number, rounded so that `max_cost` covers the `high` of an estimate."""
    return None if amount is None else float(amount.quantize(_SMALLEST, rounding, Context(60)))
