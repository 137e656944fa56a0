"""Counts ended runs, and measures how long they waited and worked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.process import counters

if TYPE_CHECKING:
    from runs.models import Run


def count(run: Run, changed: Mapping[str, Any]) -> None:
    """Count a run with the columns that its end has changed; unsent runs have no times.

    A run waits from its creation until it is sent, and then takes until its end.
    """
    state = changed["state"]
    counters.count("vitrine_runs_ended_total", state=str(state), transport=run.transport)
    sent_at, ended_at = changed.get("sent_at", run.sent_at), changed.get("ended_at", run.ended_at)
    if sent_at and ended_at:
        wait_s = (sent_at - run.created_at).total_seconds()
        counters.observe("vitrine_run_wait_seconds", wait_s)
        took_s = (ended_at - sent_at).total_seconds()
        counters.observe("vitrine_run_seconds", took_s, transport=run.transport)
