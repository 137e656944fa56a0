"""The spending limit of `vitrine mcp`, which its process counts."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from api.assistants.budget import ProcessBudget
from api.assistants.caller import Refused

AMOUNT = Decimal("0.3")


class Server:
    """A `Caller` that lets other calls run before it answers; with a status, it refuses."""

    def __init__(self, status: int | None = None) -> None:
        self.status = status
        self.paid = 0

    async def call(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        await asyncio.sleep(0)
        if self.status is not None:
            raise Refused("no", self.status)
        self.paid += 1
        return {}

    async def file(self, path: str) -> tuple[bytes, str]:
        raise NotImplementedError


async def _start(budget: ProcessBudget, times: int, amount: Decimal | None = AMOUNT) -> list[Any]:
    calls = (budget.start(amount, "/runs", {}) for _ in range(times))
    return await asyncio.gather(*calls, return_exceptions=True)


def test_concurrent_calls_stay_within_the_cap() -> None:
    server = Server()
    answers = asyncio.run(_start(ProcessBudget(server, Decimal(1)), 30))
    assert server.paid == 3
    refused = [str(answer) for answer in answers if isinstance(answer, Refused)]
    assert len(refused) == 27
    assert "may spend 0.1 more" in refused[0]


def test_a_call_of_unknown_cost_counts_as_all_that_is_left() -> None:
    server = Server()
    answers = asyncio.run(_start(ProcessBudget(server, Decimal(1)), 30, None))
    assert server.paid == 1
    assert "The cost of this is not known, and this session may spend 0 more" in str(answers[-1])
    budget = ProcessBudget(Server(422), Decimal(1))
    asyncio.run(_start(budget, 1, None))
    assert asyncio.run(budget.left()) == 1


def test_a_refused_call_costs_nothing_and_a_lost_answer_counts() -> None:
    for status, left in ((422, "1"), (0, "0.7"), (502, "0.7")):
        budget = ProcessBudget(Server(status), Decimal(1))
        asyncio.run(_start(budget, 1))
        assert asyncio.run(budget.left()) == Decimal(left)


def test_the_cap_resets_after_an_hour_without_a_paid_run() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    budget = ProcessBudget(Server(), Decimal(1), lambda: now)
    asyncio.run(_start(budget, 3))
    assert asyncio.run(budget.left()) == Decimal("0.1")
    now += timedelta(minutes=61)
    assert asyncio.run(budget.left()) == 1
