"""Builds the observation of a run's end, in the same way for every source and transport."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import fal
from fal.db_safe import db_safe_text
from runs.models import Run
from runs.results import excerpts
from runs.results.outputs import artifacts_in
from runs.state.transitions import Observation

NOTHING_CAME = "The live session ended early, before its first picture."
CANCELLED_TYPES = {fal.CANCELLED, fal.DISCONNECTED}


def from_output(output: Any, *, by: str) -> Observation:
    """Return the successful end of a run, with the artifacts found in its output."""
    results = artifacts_in(output)
    return Observation(
        Run.State.SUCCEEDED,
        by=by,
        output=output,
        excerpt=excerpts.excerpt_of(output, results)._asdict(),
        artifacts=[artifact for artifact in results if artifact.url],
    )


def from_result(result: fal.Result, *, by: str) -> Observation:
    """Return the end of a run with this result; keeps its text if JSON numbers lose digits."""
    return replace(
        from_output(result.output, by=by),
        billable_units=result.billed,
        output_text="" if result.is_exact else db_safe_text(result.text),
    )


def from_session(output: Any, error: fal.FalError | None = None) -> Observation:
    """Return the end of a live session: failed only without results, as each one is complete."""
    if output:
        return from_output(output, by="session")
    return from_error(error or fal.RunFailed(NOTHING_CAME, type=fal.BROKEN), by="session")


def from_error(error: fal.FalError, output: Any = None, *, by: str) -> Observation:
    """Return the end of a run with this error; cancelled if the error says so."""
    state = Run.State.CANCELLED if error.type in CANCELLED_TYPES else Run.State.FAILED
    return Observation(
        state, by=by, error=error.as_json(), output=output, billable_units=error.billable_units
    )
