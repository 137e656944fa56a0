"""A call that waits for a run is answered once the run has ended, and holds no thread before."""

import asyncio
import json
import uuid
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.db import connections

from api import wait
from api.wait import HEADER, HeldResponses
from core.live.broker import Broker
from core.notify import channel
from features.boards.models import Board, Cell, Column, Row
from features.flows.models import Flow, FlowRun
from runs.models import Artifact, Run
from runs.results.outcomes import from_output
from runs.state import locked_update, state_machine
from runs.state.transitions import Observation
from tests.core.live.listening import listening, waiting

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]
PATIENCE_S = 50
OUTPUT = {"image": {"url": "https://v3.fal.media/files/a.png"}}
Use = Callable[[httpx.AsyncClient, Broker], Coroutine[Any, Any, Any]]


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait longer for copies than a slow machine needs to make them."""
    monkeypatch.setattr(wait, "COPY_WAIT_S", PATIENCE_S)


async def view(scope: Any, receive: Any, send: Any) -> None:
    """Answer as Django would, with the run's state: to be held unless the run has ended."""
    path, query = scope["path"], scope["query_string"].decode()
    pk = path.rpartition("/")[2] if "/runs/" in path else query.partition("run=")[2]
    state = await Run.objects.values_list("state", flat=True).aget(pk=pk)
    is_held = "wait=" in query and state not in Run.FINAL
    seconds = query.partition("wait=")[2].partition("&")[0]
    headers = [(HEADER.encode(), f"{pk} {seconds}".encode())] if is_held else []
    status = 201 if scope["method"] == "POST" else 200
    headers += [(b"Location", b"/here")] if status == 201 else []
    secret = dict(scope["headers"]).get(b"authorization", b"").decode()
    assert (await receive())["type"] == "http.request"
    await send({"type": "http.response.start", "status": status, "headers": headers})
    text = json.dumps([scope["method"], secret, state]).encode()
    await send({"type": "http.response.body", "body": text})


def holding(pk: uuid.UUID, address: str, state: Callable[[], Coroutine[Any, Any, str]]) -> Any:
    """Return an app that answers with a state; a waiting call is held and answered by `address`."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        held = [(HEADER.encode(), f"{pk} {PATIENCE_S} {address}".encode())]
        headers = held if b"wait=" in scope["query_string"] else []
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": (await state()).encode()})

    return app


def serve(use: Use, app: Any = view) -> Any:
    async def main() -> Any:
        async with listening() as broker:
            transport = httpx.ASGITransport(HeldResponses(app, lambda: broker))
            headers = {"authorization": "Bearer x"}
            async with httpx.AsyncClient(
                transport=transport, base_url="http://test", headers=headers
            ) as client:
                try:
                    async with asyncio.timeout(PATIENCE_S):
                        return await use(client, broker)
                finally:
                    await sync_to_async(connections.close_all)()

    return asyncio.run(main())


def ended_by(address: str, end: Callable[[], Coroutine[Any, Any, Any]]) -> Use:
    """Return a function for `serve` that asks with `?wait=` and gets its answer after `end`."""

    async def use(client: httpx.AsyncClient, broker: Broker) -> httpx.Response:
        held = asyncio.create_task(client.get(f"{address}?wait={PATIENCE_S}"))
        await waiting(broker)
        await end()
        async with asyncio.timeout(PATIENCE_S / 2):
            return await held

    return use


def address_of_run(run: Run) -> str:
    return f"/api/v1/runs/{run.pk}"


async def end(pk: uuid.UUID) -> None:
    await sync_to_async(state_machine.record)(pk, Observation("succeeded", output={}))


def test_a_wait_ends_when_the_run_has_ended(make_run):
    run = make_run(state="running")
    answer = serve(ended_by(address_of_run(run), lambda: end(run.pk))).json()
    assert answer == ["GET", "Bearer x", "succeeded"]


def test_a_created_run_keeps_its_status(make_run):
    run = make_run(state="running")

    async def use(client: httpx.AsyncClient, broker: Broker) -> Any:
        sent = client.post(f"/api/v1/runs?wait=50&run={run.pk}", content=b"{}")
        held = asyncio.create_task(sent)
        await asyncio.sleep(0)
        await end(run.pk)
        response = await held
        return response.status_code, response.headers["Location"], response.json()

    assert serve(use) == (201, "/here", ["GET", "Bearer x", "succeeded"])


def test_a_held_proxy_call_is_answered_from_its_named_address(make_run):
    run = make_run(state="running")
    seen: list[Any] = []

    async def proxy(scope: Any, receive: Any, send: Any) -> None:
        seen.append((scope["method"], scope["path"], scope["query_string"], scope["headers"]))
        is_first = scope["method"] == "POST"
        held = [(HEADER.encode(), f"{run.pk} {PATIENCE_S} /api/fal/queue/a?wait=over".encode())]
        headers = held if is_first else []
        status = 504 if is_first else 200
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"{}"})

    async def use(client: httpx.AsyncClient, broker: Broker) -> int:
        sent = client.post("/api/fal/proxy", content=b"{}", headers={"cookie": "a=b"})
        held = asyncio.create_task(sent)
        await waiting(broker)
        await end(run.pk)
        return (await held).status_code

    assert serve(use, proxy) == 200
    method, path, query, headers = seen[-1]
    assert (method, path, query) == ("GET", "/api/fal/queue/a", b"wait=over")
    assert (b"cookie", b"a=b") in headers


def test_a_wait_ends_with_the_flow(user):
    flow = Flow.objects.create(user=user, name="Fox", definition={"steps": []})
    flow_run = FlowRun.objects.create(
        user=user, flow=flow, form_token="t", definition={"steps": []}
    )
    address, row = f"/api/v1/flow-runs/{flow_run.pk}", FlowRun.objects.filter(pk=flow_run.pk)

    async def stop() -> None:
        await row.aupdate(state="succeeded")
        await sync_to_async(channel.notify)()

    app = holding(flow_run.pk, address, row.values_list("state", flat=True).aget)
    assert serve(ended_by(address, stop), app).text == "succeeded"


def test_a_wait_ends_with_the_boards_runs(make_run, user):
    run = make_run(state="running")
    board = Board.objects.create(user=user, source=run.endpoint, form_token="t")
    row = Row.objects.create(board=board, position=0, label="a", values={})
    column = Column.objects.create(board=board, position=0, endpoint=run.endpoint, digest="0")
    Cell.objects.create(board=board, row=row, column=column, run=run)
    address = f"/api/v1/boards/{board.pk}"
    app = holding(board.pk, address, Run.objects.values_list("state", flat=True).aget)
    assert serve(ended_by(address, lambda: end(run.pk)), app).text == "succeeded"


def test_a_wait_includes_the_copies_of_files(make_run):
    run = make_run(state="running")

    async def use(client: httpx.AsyncClient, broker: Broker) -> Any:
        held = asyncio.create_task(client.get(f"{address_of_run(run)}?wait=50"))
        await waiting(broker)
        await sync_to_async(state_machine.record)(run.pk, from_output(OUTPUT, by="test"))
        done, _ = await asyncio.wait({held}, timeout=0.5)
        assert not done
        await Artifact.objects.filter(run=run).aupdate(state=Artifact.State.STORED)
        await sync_to_async(locked_update.bump_version)(run.pk)
        async with asyncio.timeout(wait.COPY_WAIT_S / 2):
            return (await held).json()

    assert serve(use)[2] == "succeeded"


def test_a_result_of_fals_clients_waits_for_the_copies(make_run):
    run = make_run(state="succeeded")
    files = Artifact.objects.filter(run=run)
    Artifact.objects.create(run=run, position=0, path="image", kind="image", url="https://x.test/a")

    async def state() -> str:
        return (await files.aget()).state

    async def use(client: httpx.AsyncClient, broker: Broker) -> Any:
        held = asyncio.create_task(client.get("/api/fal/proxy?wait=1"))
        await waiting(broker)
        await files.aupdate(state=Artifact.State.STORED)
        await sync_to_async(locked_update.bump_version)(run.pk)
        async with asyncio.timeout(wait.COPY_WAIT_S / 2):
            return (await held).text

    app = holding(run.pk, f"/api/fal/queue/a/b/requests/{run.pk}", state)
    assert serve(use, app) == "stored"


def test_a_slow_copy_does_not_hold_the_answer(make_run, monkeypatch):
    monkeypatch.setattr(wait, "COPY_WAIT_S", 0.2)
    run = make_run(state="running")
    output = from_output(OUTPUT, by="test")
    stop = sync_to_async(state_machine.record)
    assert (
        serve(ended_by(address_of_run(run), lambda: stop(run.pk, output))).json()[2] == "succeeded"
    )


@pytest.mark.parametrize(("state", "wait_s"), [("failed", 50), ("running", 0.1)])
def test_a_call_is_answered_with_the_run_as_it_is(make_run, state, wait_s):
    """A call for an ended run at once, a call for a running one when its time is over."""
    run = make_run(state=state)

    async def use(client: httpx.AsyncClient, broker: Broker) -> Any:
        return (await client.get(f"{address_of_run(run)}?wait={wait_s}")).json()

    assert serve(use)[2] == state


def test_a_shutdown_answers_waiting_calls(make_run):
    run = make_run(state="running")

    async def use(client: httpx.AsyncClient, broker: Broker) -> Any:
        held = asyncio.create_task(client.get(f"{address_of_run(run)}?wait=50"))
        await waiting(broker)
        broker.release_all()
        after = (await client.get(f"{address_of_run(run)}?wait=50")).json()
        return (await held).json()[2], after[2]

    assert serve(use) == ("running", "running")


def test_a_caller_that_disconnects_waits_no_more(make_run):
    run = make_run(state="running")

    async def use(client: httpx.AsyncClient, broker: Broker) -> list[str]:
        messages = ["http.disconnect", "http.request"]
        sent: list[str] = []

        async def receive() -> Any:
            if len(messages) == 1:
                await waiting(broker)
            return {"type": messages.pop(), "body": b""}

        async def send(message: Any) -> None:
            sent.append(message["type"])

        scope = {
            "path": address_of_run(run),
            "method": "GET",
            "query_string": b"wait=50",
            "headers": [],
        }
        await HeldResponses(view, lambda: broker)(scope, receive, send)
        await waiting(broker, 0)
        return sent

    assert serve(use) == []
