"""Errors within a stream: the output before them is kept."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

import fal
from runs.models import Run, Transport
from runs.state import state_machine
from runs.worker.transports import direct
from tests.runs.conftest import alone


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("last", "stored_partial"),
    [
        ({"error": "exploded"}, {"output": "a", "partial": True}),
        ({"output": "ab", "partial": False, "error": "exploded"},) * 2,
    ],
)
def test_partial_output_before_a_models_error_is_kept(
    make_run: Any, last: dict[str, Any], stored_partial: dict[str, Any]
) -> None:
    run = make_run(state=Run.State.SUBMITTING, transport=Transport.STREAM)
    state_machine.mark_submitted(run.pk, set())
    events = [{"output": "a", "partial": True}, last]
    body = "".join(f"data: {json.dumps(event)}\n\n" for event in events)
    answer = httpx.Response(200, headers={"content-type": "text/event-stream"}, text=body)

    async def carry() -> None:
        wire = httpx.MockTransport(lambda request: answer)
        async with fal.Clients(fal.Addresses(), "a:b", transport=wire) as clients:
            await direct.run_directly(run, {}, clients)

    asyncio.run(alone(carry()))
    run.refresh_from_db()
    assert (run.state, run.error["message"], run.partial) == ("failed", "exploded", stored_partial)
