"""The spending cap of assistants holds for concurrent calls and with any headers."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from asgiref.sync import sync_to_async
from django.core.wsgi import get_wsgi_application
from django.db.models import F

from api import tokens
from api.assistants.http import Assistants
from catalog.models import Endpoint
from features.spending.models import Budget
from runs.models import LedgerEntry, Run
from tests.api.assistants.conftest import FLUX, connect_client, text_of
from tests.api.pages import Pages

if TYPE_CHECKING:
    from mcp import Client

pytestmark = [
    pytest.mark.both_databases,
    pytest.mark.django_db(transaction=True),
    pytest.mark.system,
]
PAID = {"endpoint_id": FLUX, "arguments": {"prompt": "x"}, "wait_s": 0}


@pytest.mark.parametrize(
    ("budget", "cap", "asks"), [(None, 1, ""), (1, 50, "an admin for a larger")]
)
def test_the_cap_or_a_budget_of_sessions_ends_spending(talk, flux, budget, cap, asks):
    Endpoint.objects.filter(pk=flux.pk).update(unit_price_usd="0.6")
    if budget:
        Budget.objects.create(scope="session", period="once", limit=budget)

    async def conversation(client: Client) -> list[Any]:
        return [await client.call_tool("run_model", PAID) for _ in range(2)]

    answers = talk(conversation, cap=cap)
    assert [answer.is_error for answer in answers] == [False, True]
    assert "may spend 0.4" in text_of(answers[1])
    assert asks in text_of(answers[1])
    assert Run.objects.count() == 1


def test_the_cap_holds_for_the_inputs_of_a_flow(talk, flow):
    Endpoint.objects.update(unit_price_usd=1, price_unit="1000 characters")

    async def conversation(client: Client) -> list[Any]:
        short = {"flow_id": str(flow.pk), "inputs": {"prompt": "a hare"}, "wait_s": 0}
        calls = [short | {"inputs": {"prompt": "x" * 3000}}, short]
        return [await client.call_tool("run_flow", arguments) for arguments in calls]

    refused, accepted = talk(conversation, cap=1)
    assert (refused.is_error, accepted.is_error) == (True, False)
    assert "Nothing was run" in text_of(refused)
    assert Run.objects.get().arguments["prompt"] == "a hare"


@pytest.mark.exhaustive
def test_concurrent_calls_in_two_processes_stay_within_the_cap(pages, flux, user):
    """Each `Assistants` is a web process: they share nothing but the database."""
    Endpoint.objects.filter(pk=flux.pk).update(unit_price_usd="0.3")
    _, secret = tokens.create(user, "assistant")
    others = Pages(get_wsgi_application())

    async def main() -> list[Any]:
        processes = [Assistants(pages, 1), Assistants(others, 1)]
        headers = [f"Bearer {secret}", f"bearer {secret}", f"Key {secret}", f"Bearer  {secret}"]
        async with AsyncExitStack() as stack:
            clients = [
                await stack.enter_async_context(connect_client(process, header))
                for process in processes
                for header in headers
            ]
            calls = (clients[n % len(clients)].call_tool("run_model", PAID) for n in range(30))
            answers = await asyncio.gather(*calls)
        for process in processes:
            await process.stop()
        return answers

    answers = asyncio.run(main())
    others.close()
    assert sum(not answer.is_error for answer in answers) == 3
    assert Run.objects.count() == 3
    refused = {text_of(answer) for answer in answers if answer.is_error}
    assert len(refused) == 1
    assert "may cost 0.3, and this session may spend 0.1 more" in refused.pop()


def test_an_hour_without_a_paid_run_begins_a_new_session(talk, flux):
    Endpoint.objects.filter(pk=flux.pk).update(unit_price_usd="0.6")

    async def conversation(client: Client) -> list[Any]:
        answers = [await client.call_tool("run_model", PAID) for _ in range(2)]
        earlier = F("created_at") - timedelta(minutes=61)
        await sync_to_async(LedgerEntry.objects.update)(created_at=earlier)
        return [*answers, *[await client.call_tool("run_model", PAID) for _ in range(2)]]

    answers = talk(conversation, cap=1)
    assert [answer.is_error for answer in answers] == [False, True, False, True]


def test_a_run_that_was_not_started_is_not_counted(talk, flux):
    Endpoint.objects.filter(pk=flux.pk).update(unit_price_usd="0.6")

    async def conversation(client: Client) -> list[Any]:
        wrong = PAID | {"arguments": {"prompt": "x", "num_images": "many"}}
        return [await client.call_tool("run_model", arguments) for arguments in (wrong, PAID)]

    assert [answer.is_error for answer in talk(conversation, cap=1)] == [True, False]


def test_a_flow_with_an_unknown_price_asks(talk, flow):
    """Its estimate was "about $0.02 + 1 unknown", whose known part has an upper limit."""
    Endpoint.objects.update(unit_price_usd=None)
    Endpoint.objects.filter(endpoint_id=FLUX).update(unit_price_usd="0.02", price_unit="images")

    async def conversation(client: Client) -> Any:
        return await client.call_tool("run_flow", {"flow_id": str(flow.pk), "wait_s": 0})

    assert "+ 1 unknown? This session may spend" in text_of(talk(conversation, cap=1))
    assert Run.objects.count() == 0
