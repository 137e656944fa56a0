"""How a request ended, as an observation: the same whoever saw it, by whichever transport."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import fal
from fal.storable import storable_text
from playground.lifecycle import Observation
from playground.models import Run
from schemas.artifacts import artifacts

NOTHING_CAME = "The live session broke off before its first picture."
CANCELLED_TYPES = {fal.CANCELLED, fal.DISCONNECTED}


def succeeded(output: Any, *, by: str) -> Observation:
    """A run that gave this output, with the artifacts in it."""
    return Observation(
        Run.State.SUCCEEDED,
        by=by,
        output=output,
        artifacts=[one for one in artifacts(output) if one.url],
    )


def gave(result: fal.Result, *, by: str) -> Observation:
    """A run that ended in this result: its output, what it cost, its body where the output is not all of it."""
    return replace(
        succeeded(result.output, by=by),
        billable_units=result.billed,
        output_text="" if result.is_exact else storable_text(result.text),
    )


def session(output: Any, error: fal.FalError | None = None) -> Observation:
    """A live session that is over: each of its results is a whole one, so it failed only without any."""
    if output:
        return succeeded(output, by="session")
    return failed(error or fal.RunFailed(NOTHING_CAME, type=fal.BROKEN), by="session")


def failed(error: fal.FalError, output: Any = None, *, by: str) -> Observation:
    """A run that ended in this error, or because somebody cancelled it."""
    state = Run.State.CANCELLED if error.type in CANCELLED_TYPES else Run.State.FAILED
    return Observation(
        state, by=by, error=error.as_json(), output=output, billable_units=error.billable_units
    )
