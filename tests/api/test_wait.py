"""A call that waits for a run is answered when the run has ended, and holds no thread till then."""

from __future__ import annotations

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
from boards.models import Board, Cell, Column, Row
from core.notify import channel
from core.notify.channel import Signal
from flows.models import Flow, FlowRun
from runs import locked_update, state_machine
from runs.models import Artifact, Run
from runs.results.outcomes import from_output
from runs.transitions import Observation
from tests.statements import before

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]
PATIENCE_S = 50


async def view(scope: Any, receive: Any, send: Any) -> None:
    """What Django would answer: the run's state, to hold unless it has ended."""
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


def serve(use: Callable[[httpx.AsyncClient, Signal], Coroutine[Any, Any, Any]]) -> Any:
    async def main() -> Any:
        async with channel.listen() as signal:
            held = HeldResponses(view, lambda: signal)
            transport = httpx.ASGITransport(held)
            headers = {"authorization": "Bearer x"}
            async with httpx.AsyncClient(
                transport=transport, base_url="http://test", headers=headers
            ) as client:
                try:
                    return await use(client, signal)
                finally:
                    await sync_to_async(connections.close_all)()

    return asyncio.run(main())


async def until_waiting(client: httpx.AsyncClient, count: int = 1) -> None:
    """Wait until so many responses are held; only their waiters know."""
    waiters = client._transport.app._waiters  # type: ignore[attr-defined]

    def held() -> int:
        futures = [each for waiter in waiters.values() for each in waiter._futures.values()]
        return sum(map(len, futures))

    async with asyncio.timeout(PATIENCE_S / 2):
        while held() < count:  # noqa: ASYNC110  it has no event for it
            await asyncio.sleep(0.005)


async def end(pk: uuid.UUID) -> None:
    await sync_to_async(state_machine.record)(pk, Observation("succeeded", output={}))


def test_a_wait_ends_when_the_run_has_ended(make_run: Any) -> None:
    run = make_run(state="running")

    async def use(client: httpx.AsyncClient, signal: Signal) -> Any:
        waiting = asyncio.create_task(client.get(f"/api/v1/runs/{run.pk}?wait=50"))
        done, _ = await asyncio.wait({waiting}, timeout=0.3)
        assert not done
        await end(run.pk)
        async with asyncio.timeout(PATIENCE_S / 2):
            return (await waiting).json()

    assert serve(use) == ["GET", "Bearer x", "succeeded"]


def test_a_created_run_keeps_its_status(make_run: Any) -> None:
    run = make_run(state="running")

    async def use(client: httpx.AsyncClient, signal: Signal) -> Any:
        sent = client.post(f"/api/v1/runs?wait=50&run={run.pk}", content=b"{}")
        waiting = asyncio.create_task(sent)
        await asyncio.sleep(0)
        await end(run.pk)
        async with asyncio.timeout(PATIENCE_S / 2):
            response = await waiting
        return response.status_code, response.headers["Location"], response.json()

    assert serve(use) == (201, "/here", ["GET", "Bearer x", "succeeded"])


def test_a_held_proxy_call_is_answered_from_its_named_address(make_run: Any) -> None:
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

    async def main() -> Any:
        async with channel.listen() as signal:
            transport = httpx.ASGITransport(HeldResponses(proxy, lambda: signal))
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                sent = client.post("/api/fal/proxy", content=b"{}", headers={"cookie": "a=b"})
                waiting = asyncio.create_task(sent)
                await asyncio.sleep(0)
                await end(run.pk)
                async with asyncio.timeout(PATIENCE_S / 2):
                    response = await waiting
            await sync_to_async(connections.close_all)()
            return response.status_code

    assert asyncio.run(main()) == 200
    method, path, query, headers = seen[-1]
    assert (method, path, query) == ("GET", "/api/fal/queue/a", b"wait=over")
    assert (b"cookie", b"a=b") in headers


def test_a_wait_ends_with_the_flow(make_run: Any, user: Any) -> None:
    flow = Flow.objects.create(user=user, name="Fox", definition={"steps": []})
    flow_run = FlowRun.objects.create(
        user=user, flow=flow, form_token="t", definition={"steps": []}
    )
    address = f"/api/v1/flow-runs/{flow_run.pk}"

    async def flows(scope: Any, receive: Any, send: Any) -> None:
        state = await FlowRun.objects.values_list("state", flat=True).aget(pk=flow_run.pk)
        is_held = state == "running" and b"wait=" in scope["query_string"]
        held = [(HEADER.encode(), f"{flow_run.pk} {PATIENCE_S} {address}".encode())]
        headers = held if is_held else []
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": state.encode()})

    async def main() -> str:
        async with channel.listen() as signal:
            transport = httpx.ASGITransport(HeldResponses(flows, lambda: signal))
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                waiting = asyncio.create_task(client.get(f"{address}?wait=50"))
                done, _ = await asyncio.wait({waiting}, timeout=0.3)
                assert not done
                ended = FlowRun.objects.filter(pk=flow_run.pk)
                await ended.aupdate(state="succeeded")
                await sync_to_async(channel.notify)()
                async with asyncio.timeout(PATIENCE_S / 2):
                    text = (await waiting).text
        await sync_to_async(connections.close_all)()
        return text

    assert asyncio.run(main()) == "succeeded"


def test_a_wait_includes_the_copies_of_files(make_run: Any) -> None:
    run = make_run(state="running")
    output = {"image": {"url": "https://v3.fal.media/files/a.png"}}

    async def use(client: httpx.AsyncClient, signal: Signal) -> Any:
        waiting = asyncio.create_task(client.get(f"/api/v1/runs/{run.pk}?wait=50"))
        await asyncio.wait({waiting}, timeout=0.3)  # the view has seen it running
        await sync_to_async(state_machine.record)(run.pk, from_output(output, by="test"))
        done, _ = await asyncio.wait({waiting}, timeout=0.5)
        assert not done
        await Artifact.objects.filter(run=run).aupdate(state=Artifact.State.STORED)
        await sync_to_async(locked_update.bump_version)(run.pk)
        async with asyncio.timeout(wait.COPY_WAIT_S / 2):
            return (await waiting).json()

    assert serve(use)[2] == "succeeded"


def test_a_slow_copy_does_not_hold_the_answer(make_run: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(wait, "COPY_WAIT_S", 0.2)
    run = make_run(state="running")
    output = {"image": {"url": "https://v3.fal.media/files/a.png"}}

    async def use(client: httpx.AsyncClient, signal: Signal) -> Any:
        waiting = asyncio.create_task(client.get(f"/api/v1/runs/{run.pk}?wait=50"))
        await asyncio.wait({waiting}, timeout=0.3)  # the view has seen it running
        await sync_to_async(state_machine.record)(run.pk, from_output(output, by="test"))
        async with asyncio.timeout(PATIENCE_S / 2):
            return (await waiting).json()

    assert serve(use)[2] == "succeeded"


def test_a_wait_ends_with_the_boards_runs(make_run: Any, user: Any) -> None:
    run = make_run(state="running")
    board = Board.objects.create(user=user, source=run.endpoint, form_token="t")
    row = Row.objects.create(board=board, position=0, label="a", values={})
    column = Column.objects.create(board=board, position=0, endpoint=run.endpoint, digest="0")
    Cell.objects.create(board=board, row=row, column=column, run=run)
    address = f"/api/v1/boards/{board.pk}"

    async def boards(scope: Any, receive: Any, send: Any) -> None:
        state = await Run.objects.values_list("state", flat=True).aget(pk=run.pk)
        held = [(HEADER.encode(), f"{board.pk} {PATIENCE_S} {address}".encode())]
        headers = held if b"wait=" in scope["query_string"] else []
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": state.encode()})

    async def main() -> str:
        async with channel.listen() as signal:
            transport = httpx.ASGITransport(HeldResponses(boards, lambda: signal))
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                waiting = asyncio.create_task(client.get(f"{address}?wait=50"))
                done, _ = await asyncio.wait({waiting}, timeout=0.3)
                assert not done
                await end(run.pk)
                async with asyncio.timeout(PATIENCE_S / 2):
                    text = (await waiting).text
        await sync_to_async(connections.close_all)()
        return text

    assert asyncio.run(main()) == "succeeded"


def test_a_run_that_has_ended_is_answered_at_once(make_run: Any) -> None:
    run = make_run(state="failed")

    async def use(client: httpx.AsyncClient, signal: Signal) -> Any:
        return (await client.get(f"/api/v1/runs/{run.pk}?wait=50")).json()

    assert serve(use)[2] == "failed"


def test_a_wait_that_times_out_returns_the_current_run(make_run: Any) -> None:
    run = make_run(state="running")

    async def use(client: httpx.AsyncClient, signal: Signal) -> Any:
        return (await client.get(f"/api/v1/runs/{run.pk}?wait=0.1")).json()

    assert serve(use)[2] == "running"


def test_many_waiting_calls_share_one_query(make_run: Any) -> None:
    runs = [make_run(state="running") for _ in range(6)]
    statements: list[str] = []

    def note(sql: str, _: Any) -> None:
        if sql.startswith('SELECT "playground_run"."id" AS "pk" FROM') and '"state" IN' in sql:
            statements.append(sql)

    async def use(client: httpx.AsyncClient, signal: Signal) -> Any:
        addresses = [f"/api/v1/runs/{run.pk}?wait=50" for run in runs for _ in range(5)]
        waiting = [asyncio.create_task(client.get(address)) for address in addresses]
        await until_waiting(client, len(waiting))
        while not statements:  # noqa: ASYNC110  the query is another thread's
            await asyncio.sleep(0.005)
        earlier = len(statements)
        for run in runs:
            await end(run.pk)
        async with asyncio.timeout(PATIENCE_S / 2):
            answers = await asyncio.gather(*waiting)
        assert len(statements) - earlier <= 2 * len(runs) + 2
        return {answer.json()[2] for answer in answers}

    with before(note):
        assert serve(use) == {"succeeded"}


def test_a_shutdown_answers_waiting_calls(make_run: Any) -> None:
    run = make_run(state="running")

    async def use(client: httpx.AsyncClient, signal: Signal) -> Any:
        held = client._transport.app  # type: ignore[attr-defined]
        waiting = asyncio.create_task(client.get(f"/api/v1/runs/{run.pk}?wait=50"))
        await until_waiting(client)
        held.release_all()
        async with asyncio.timeout(PATIENCE_S / 2):
            first = (await waiting).json()
            after = (await client.get(f"/api/v1/runs/{run.pk}?wait=50")).json()
        return first[2], after[2]

    assert serve(use) == ("running", "running")
