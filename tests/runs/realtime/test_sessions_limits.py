"""How long a live session may last, and how fast it paints."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from websockets.asyncio.client import connect

from projects.models import Rule
from runs.models import Run
from runs.realtime import tickets
from tests.runs.realtime.test_relay import (  # noqa: F401  a fixture
    LIVE,
    PERSON,
    answer,
    relayed,
    serving,
)
from tests.runs.realtime.test_sessions import Relayed, to_its_end

pytestmark = pytest.mark.system  # takes long


@pytest.mark.any_database
def test_a_session_ends_at_its_time_limit_or_when_idle(
    relayed: Relayed,  # noqa: F811
    settings: Any,
) -> None:
    async def act(address: str) -> list[dict[str, Any]]:
        async with connect(address + tickets.sign(PERSON, LIVE)) as socket:
            await answer(socket)
            return await to_its_end(socket)

    settings.LIVE_IDLE_S = 0.5
    messages = relayed(act)
    assert messages[-1]["type"] == "end"
    assert "Nothing was changed" in messages[-1]["message"]
    assert [event["what"] for event in Run.objects.get().events] == ["session"]
    settings.LIVE_IDLE_S, settings.LIVE_MINUTES = 60, 0.05  # in which the first picture has to come
    assert "time of a session is over" in relayed(act)[-1]["message"]
    assert set(Run.objects.values_list("state", flat=True)) == {"succeeded"}


@pytest.mark.any_database
def test_a_session_sends_no_faster_than_its_rate_limit(
    relayed: Relayed,  # noqa: F811
    settings: Any,
) -> None:
    settings.LIVE_PICTURES_PER_S = 4

    async def act(address: str) -> float:
        loop = asyncio.get_running_loop()
        async with connect(address + tickets.sign(PERSON, LIVE)) as socket:
            began = loop.time()
            for number in range(4):
                await answer(socket, prompt=str(number))
            return loop.time() - began

    assert relayed(act) > 0.7


@pytest.mark.any_database
def test_a_session_with_a_locked_model_ends_with_the_rule_before_it_is_a_run(
    relayed: Relayed,  # noqa: F811
) -> None:
    """The ticket may be older than the rule."""
    Rule.objects.create(kind="id", value=LIVE, reason="Not licensed")

    async def act(address: str) -> Any:
        async with connect(address + tickets.sign(PERSON, LIVE)) as socket:
            return await answer(socket)

    message, _ = relayed(act)
    assert message["type"] == "end"
    assert (
        "is locked by a rule of the house: “Forbid sandbox/aurora/lite”. Not licensed."
        in (message["message"])
    )
    assert not Run.objects.exists()
