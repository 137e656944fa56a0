"""Builds the observation of a run's end, the same for every source and transport."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import fal
from fal.db_safe import db_safe_text
from playground.models import Run
from playground.runs.transitions import Observation
from schemas.artifacts import artifacts

NOTHING_CAME = "The live session broke off before its first picture."
CANCELLED_TYPES = {fal.CANCELLED, fal.DISCONNECTED}


def from_output(output: Any, *, by: str) -> Observation:
    """The end of a run with this output, with the artifacts found in it."""
    return Observation(
        Run.State.SUCCEEDED,
        by=by,
        output=output,
        artifacts=[one for one in artifacts(output) if one.url],
    )


def from_result(result: fal.Result, *, by: str) -> Observation:
    """The end of a run with this result; its text is kept where JSON numbers lose digits."""
    return replace(
        from_output(result.output, by=by),
        billable_units=result.billed,
        output_text="" if result.is_exact else db_safe_text(result.text),
    )


def from_session(output: Any, error: fal.FalError | None = None) -> Observation:
    """The end of a live session: it failed only if no result came, as each result is complete."""
    if output:
        return from_output(output, by="session")
    return from_error(error or fal.RunFailed(NOTHING_CAME, type=fal.BROKEN), by="session")


def from_error(error: fal.FalError, output: Any = None, *, by: str) -> Observation:
    """The end of a run with this error; cancelled where the error says so."""
    state = Run.State.CANCELLED if error.type in CANCELLED_TYPES else Run.State.FAILED
    return Observation(
        state, by=by, error=error.as_json(), output=output, billable_units=error.billable_units
    )
