"""Options of a submit besides the input: our webhook, and options that somebody chose."""

from __future__ import annotations

import fal
from core.db import clock
from runs.models import Run

# Sent if less is left: fal accepts no shorter one. An overdue run is not sent at all.
SHORTEST_S = 1.001


async def options_of(run: Run, webhook_url: str | None = None) -> fal.SubmitOptions:
    """Return a run's options; its start timeout counts from the call, not from the submit."""
    options = dict(run.options)
    if timeout_s := options.get("start_timeout_s"):
        waited_s = (await clock.anow() - run.created_at).total_seconds()
        options["start_timeout_s"] = max(round(timeout_s - waited_s, 3), SHORTEST_S)
    return fal.SubmitOptions(webhook_url=webhook_url, **options)
