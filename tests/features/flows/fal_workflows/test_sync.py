"""The job that reads the account's workflows: listed ones, unreadable ones, refused requests."""

import asyncio
import threading
import time
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.db import connections, transaction

import fal
from catalog.models import Endpoint, SyncReport
from features.flows.fal_workflows import store, sync
from features.flows.models import AccountWorkflow
from tests.features.flows.fal_workflows.definitions import CONTENTS_B

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]


def make_listing(name: str) -> dict[str, Any]:
    return {"name": name, "user_nickname": "Ana", "title": name.title(), "created_at": ""}


def make_detail(name: str) -> dict[str, Any]:
    return {"workflow": {**make_listing(name), "is_public": False, "contents": CONTENTS_B}}


def read(answer: Any) -> float:
    """Run the job against an account with this answer; return the pause until the next round."""
    SyncReport.objects.create(state=SyncReport.State.DONE)

    async def run() -> float:
        addresses = fal.Addresses(api="https://api.test/v1")
        transport = httpx.MockTransport(answer)

        async def at_once(_: float) -> None: ...

        async with fal.Clients(addresses, "key", transport=transport, sleep=at_once) as upstream:
            return await sync.AccountSync(upstream).run()

    async def alone() -> float:
        try:
            return await run()
        finally:
            await sync_to_async(connections.close_all)()

    return asyncio.run(alone())


def test_a_sync_stores_definitions_and_retires_missing_workflows(keep):
    keep("former")

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/workflows":
            names = ("one", "closed")
            page = {"workflows": [make_listing(name) for name in names], "next_cursor": None}
            return httpx.Response(200, json=page | {"has_more": False})
        if request.url.path.endswith("/closed"):
            return httpx.Response(403, json={"error": {"type": "x", "message": "no"}})
        return httpx.Response(200, json=make_detail("one"))

    read(answer)
    available = Endpoint.objects.filter(gone_at=None).values_list("display_name", flat=True)
    assert {*available} == {"One", "Closed"}
    assert AccountWorkflow.objects.get(endpoint__display_name="One").definition


@pytest.mark.parametrize(
    ("status", "message"),
    [(401, sync.NO_KEY), (403, sync.NARROW_KEY), (500, "Upstream is in trouble: no")],
    ids=["key", "scope", "trouble"],
)
def test_a_refused_listing_is_logged_and_loses_nothing(keep, status, message, caplog):
    """C74: the workflows that are known stay."""
    endpoint = keep("former")
    pause_s = read(lambda _: httpx.Response(status, json={"detail": "no"}))
    assert message in caplog.text
    assert Endpoint.objects.get(pk=endpoint.pk).is_runnable
    assert pause_s == sync.RETRY_S


def test_a_workflow_being_added_by_another_worker_is_kept():
    item, is_added = fal.WorkflowItem("Ana", "one"), threading.Event()
    detail = fal.WorkflowDetail(CONTENTS_B)

    def other_worker() -> None:
        try:
            with transaction.atomic():
                store.keep(item, detail)
                is_added.set()
                time.sleep(0.5)  # by then, this worker waits for the row's lock
        finally:
            connections.close_all()

    thread = threading.Thread(target=other_worker)
    thread.start()
    assert is_added.wait(30)
    assert store.keep(item, detail)
    thread.join()
    assert AccountWorkflow.objects.get().endpoint.endpoint_id == "workflows/Ana/one"
