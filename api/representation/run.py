"""Runs and their artifacts as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from typing import Any

from api import costs
from api.contract.operation import Call
from api.representation import moments
from features.notifications import run_ends
from features.notifications.models import masked
from playground import takeovers
from playground.display import history
from playground.form import form_state
from runs.costs import known_costs
from runs.files.artifact_urls import artifact_url, with_copies
from runs.models import Artifact, Run
from runs.progress.shown_log import shown_log
from runs.results import error_messages, timeline
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
        "artifacts": [artifact(item, run, call) for item in run.artifacts.all()],
        "is_starred": run.is_starred,
        "project": call.reach.key_of(run),
        "batch_id": str(run.batch) if run.batch else None,
        "url": call.absolute(run.get_absolute_url()),
    }


def whole(run: Run, call: Call) -> dict[str, Any]:
    """Return a `Run`."""
    return card(run, call) | {
        "arguments": run.arguments,
        "output": with_copies(run.output, run.artifacts.all(), call.absolute),
        "error": error(run) if run.error else None,
        "logs": [line["message"] for line in shown_log(run.logs)[-LOG_LINES:]],
        "queue_position": None if run.is_final else run.queue_position,
        "started_at": moments.as_text(run.started_at),
        "inference_s": run.inference_s,
        "billed": known_costs.in_words(run),
        "cost": costs.of_run(run),
        "request_id": run.request_id,
        "allows_fallback": timeline.allows_fallback(run),
        "deputy_run_id": str(successor.pk) if (successor := takeovers.successor(run)) else None,
        "webhook_url": masked(run_ends.webhook_address_of(run)),
    }


def error(run: Run) -> dict[str, Any]:
    """Return a `RunError`."""
    failure: Mapping[str, Any] = run.error or {}
    explanation = error_messages.explain(failure)
    return {
        "type": str(failure.get("type") or ""),
        "title": explanation.title,
        "advice": f"{explanation.advice} {known_costs.charge_in_words(run)}".rstrip(),
        "is_retryable": explanation.is_retryable,
        "problems": [
            {"path": list(problem.path), "message": problem.message}
            for problem in form_state.located_problems(run)
        ],
    }


def artifact(artifact: Artifact, run: Run, call: Call) -> dict[str, Any]:
    """Return an `Artifact`."""
    url = artifact_url(artifact)
    return {
        "position": artifact.position,
        "kind": artifact.kind,
        "path": artifact.path,
        "url": call.absolute(url) if url else None,
        "content_type": artifact.content_type,
        "file_name": call.namer.result(run, artifact),
        "width": artifact.width,
        "height": artifact.height,
        "duration_s": artifact.duration_s,
        "size_bytes": artifact.size_bytes,
        "state": artifact.state,
        "is_starred": artifact.is_starred,
    }


def estimate(estimate: Estimate) -> dict[str, Any]:
    """Return an `Estimate`."""
    return {
        "low": _amount(estimate.low, ROUND_FLOOR),
        "high": _amount(estimate.most, ROUND_CEILING),
        "usual": _amount(estimate.usual, ROUND_CEILING),
        "currency": estimate.currency,
        "text": estimate.label,
        "cost": costs.of_estimate(estimate),
        "basis": list(estimate.basis),
    }


def _amount(amount: Decimal | None, rounding: str) -> float | None:
    """Return an amount as a number, rounded so that `max_cost` covers the `high` of an estimate."""
    return None if amount is None else float(amount.quantize(_SMALLEST, rounding, Context(60)))
