"""Upstream gets exactly the arguments that an address filled in, for every real document."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.test import Client
from hypothesis import assume, given, settings

import fal
from catalog.models import Endpoint
from runs.models import Run
from runs.worker import submit
from runs.worker.circuit_breaker import BreakerRegistry
from runs.worker.scheduling import leases
from schemas import build, contract
from schemas.exact import identical
from schemas.validation import validate
from tests.documents import document_ids
from tests.playground.browser_post import post_of
from tests.sampling import sample
from tests.schemas import strategies
from tests.schemas.laws import cases

pytestmark = pytest.mark.system  # these tests take long


def sent_arguments(run: Run) -> Any:
    """Return the JSON that is sent for `run`, byte for byte as upstream would read it."""
    bodies: list[bytes] = []

    def queue(request: httpx.Request) -> httpx.Response:
        bodies.append(request.content)
        return httpx.Response(200, json={"request_id": "r-1"})

    async def main() -> None:
        transport = httpx.MockTransport(queue)
        async with fal.Clients(fal.Addresses(), "id:secret", transport=transport) as upstream:
            assert await submit.submit_run(run, upstream, BreakerRegistry().account)
        await sync_to_async(connections.close_all)()

    asyncio.run(main())
    assert len(bodies) == 1
    return json.loads(bodies[0])


@pytest.mark.any_database
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("endpoint_id", sample(document_ids(), 3, by_seed=1))
def test_the_arguments_filled_in_are_those_sent(
    member: Client, make_endpoint: Any, documents: dict[str, Any], endpoint_id: str
) -> None:
    endpoint: Endpoint = make_endpoint(endpoint_id, documents[endpoint_id])
    endpoint_contract = contract(documents[endpoint_id], endpoint_id)
    root = build(endpoint_contract)
    page = endpoint.get_absolute_url()

    @settings(max_examples=cases(3))
    @given(strategies.arguments(endpoint_contract.input, documents[endpoint_id]))
    def law(value: dict[str, Any]) -> None:
        assume(not validate(endpoint_contract, value, root))
        # the form removes these characters
        assume(not re.search(r"\\u0000|\\ud[89a-f]", json.dumps(value)))
        Run.objects.all().delete()
        text = member.get(page, {"input": json.dumps(value)}).content.decode()
        start = text.index("<form data-endpoint-id")
        form = text[start : text.index("</form>", start) + len("</form>")]
        response = member.post(page, post_of(form) | {"~do": "run"})
        assert response.status_code == 302, response.content.decode()[:2000]
        run = Run.objects.with_endpoint().get()
        assert identical(run.arguments, value)
        claimed = leases.claim("worker", 1).to_send
        assert [claimed_run.pk for claimed_run in claimed] == [run.pk]
        assert identical(sent_arguments(claimed[0]), value)

    law()
