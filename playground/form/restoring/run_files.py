"""The file of a run (`run.json`): what is needed to run it elsewhere, and what came of it."""

from __future__ import annotations

from typing import Any

from playground.form.restoring import recipes
from playground.form.restoring.recipes import Recipe
from runs.models import Run

FORMAT = "vitrine-run"


def run_file(run: Run) -> dict[str, Any]:
    """Return a run as JSON; it names no person, key or host."""
    moments = ("created_at", "sent_at", "queued_at", "started_at", "ended_at", "result_at")
    facts = ("transport", "attempts", "positions", "events", "logs", "metrics")
    return {
        "format": FORMAT,
        "id": str(run.pk),
        "endpoint_id": run.endpoint.endpoint_id,
        "arguments": recipes.portable(run.arguments),
        "sent_arguments": run.sent_arguments,
        "state": run.state,
        "output": run.output,
        "output_text": run.output_text,
        "error": run.error,
        "request_id": run.request_id,
        "schema_digest": run.schema_id,
        "billable_units": run.billable_units,
        **{name: getattr(run, name) for name in facts},
        **{name: when.isoformat() if (when := getattr(run, name)) else None for name in moments},
    }


def parse(document: dict[str, Any]) -> Recipe | None:
    """Return the recipe of a run file; None for another document, ValueError if it is broken."""
    if document.get("format") != FORMAT:
        return None
    written = {"model": document.get("endpoint_id"), "arguments": document.get("arguments")}
    return recipes.parsed(written | {"run": document.get("id")})
