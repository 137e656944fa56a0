"""Streams from a real sandbox through the gateway and the web process's pipe.

Chunks in OpenAI's format: only whole events, and an error if the rest is missing.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from django.contrib.auth.models import User
from django.test import override_settings

import fal
from api import submission
from api.fal_proxy import tickets
from api.fal_proxy.relayed_streams import RelayedStreams
from api.gateway.stream_answers import Answer, RoutedAnswer
from catalog.models import Endpoint
from core.http import signed_tickets
from core.http.asgi import Message, Receive, Scope, Send
from core.http.forwarding import ResponseBroken, post
from fal import FalError
from projects.models.project import private_project
from runs.models import Run
from runs.worker import submit_options
from tests.api.gateway.conftest import Gated

pytestmark = pytest.mark.any_database


SCOPE = {"type": "http", "method": "POST", "path": "/api/fal/proxy"}
SCRIBE = "sandbox/scribe"


class Caller:
    """The client's end of a connection to the web process."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""
        self.has_body = asyncio.Event()
        self.leaves = asyncio.Event()

    async def receive(self) -> Message:
        await self.leaves.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {n.decode(): v.decode() for n, v in message["headers"]}
        elif body := message["body"]:
            self.body += body
            self.has_body.set()

    @property
    def events(self) -> list[Any]:
        texts = self.body.decode().split("\n\n")
        return [
            json.loads(line.removeprefix("data: ")) for line in texts if line.startswith("data")
        ]


def view_of(run: Run) -> Callable[[Scope, Receive, Send], Any]:
    """Return the proxy view's answer for the run of a stream."""

    async def view(scope: Scope, receive: Receive, send: Send) -> None:
        value = f"{run.pk} {tickets.sign_stream(run.pk)}".encode()
        headers = [(b"vitrine-stream", value)]
        await send({"type": "http.response.start", "status": 504, "headers": headers})
        await send({"type": "http.response.body", "body": b"held"})

    return view


def begin(person: User, model: str, **arguments: Any) -> Run:
    endpoint = Endpoint.objects.get(endpoint_id=model)
    call = submission.ProxiedCall(person, None, private_project(person), endpoint, arguments)
    return submission.start_streamed(call, tickets.GATEWAY)


def stream(gated: Gated, run: Run, leave: bool = False) -> Caller:
    async def act(address: str) -> Caller:
        caller = Caller()
        app = RelayedStreams(view_of(run), f"http://{address}")
        serving = asyncio.create_task(app(SCOPE, caller.receive, caller.send))
        if leave:
            await caller.has_body.wait()
            caller.leaves.set()
        try:
            await serving
        except ResponseBroken:
            caller.headers["broken"] = "yes"
        unfinished = Run.objects.unfinished().filter(pk=run.pk)
        while leave and await unfinished.aexists():  # noqa: ASYNC110  rows have no event
            await asyncio.sleep(0.02)
        return caller

    caller: Caller = gated(act)
    run.refresh_from_db()
    return caller


def test_a_stream_is_passed_through_and_its_result_stored(gated, person):
    run = begin(person, SCRIBE, prompt="sea", max_tokens=20)
    caller = stream(gated, run)
    assert caller.status == 200
    assert caller.headers["content-type"].startswith("text/event-stream")
    assert caller.headers["x-fal-request-id"] == run.request_id
    assert "vitrine-stream" not in caller.headers
    assert len(caller.events) > 3
    assert (run.state, run.output) == (Run.State.SUCCEEDED, caller.events[-1])
    assert {name for name in caller.headers if name.startswith("access-control")} == set()


def test_the_callers_options_are_sent_with_the_stream(person, make_endpoint):
    make_endpoint(SCRIBE)
    run = begin(person, SCRIBE, prompt="sea")
    run.options = {"start_timeout_s": 30.0, "hint": "r-7"}
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        headers = {"content-type": "text/event-stream"}
        return httpx.Response(200, headers=headers, text='data: {"output": "x"}\n\n')

    async def act() -> None:
        async def send(message: Message) -> None:
            assert message["type"].startswith("http.response.")

        transport = httpx.MockTransport(answer)
        async with fal.Clients(fal.Addresses(), "id:secret", transport=transport) as upstream:
            options = await submit_options.options_of(run)
            answering = Answer(run, send)
            async for _ in answering.events(upstream, SCRIBE, {}, options, lambda: None):
                pass

    asyncio.run(act())
    (request,) = requests
    assert request.headers["x-fal-runner-hint"] == "r-7"
    assert 25 < float(request.headers["x-fal-request-timeout"]) <= 30


def test_a_refusal_is_passed_on_as_upstream_gave_it(gated, person):
    run = begin(person, SCRIBE, max_tokens="many")
    caller = stream(gated, run)
    assert (caller.status, run.state) == (422, Run.State.FAILED)
    locs = [problem["loc"] for problem in json.loads(caller.body)["detail"]]
    assert locs == [["body", "max_tokens"], ["body", "prompt"]]


def test_a_broken_upstream_stream_breaks_off_for_the_caller(gated, person, sandbox):
    sandbox.fault("stream", "cut", value=2)
    run = begin(person, SCRIBE, prompt="sea")
    caller = stream(gated, run)
    assert caller.headers["broken"] == "yes"
    assert len(caller.events) == 2
    assert run.state == Run.State.UNCONFIRMED
    assert run.partial == caller.events[-1]


def test_a_caller_that_disconnects_cancels_the_run(gated, person, sandbox):
    sandbox.fault("stream", "mute", value=2)
    run = begin(person, SCRIBE, prompt="a long story")
    caller = stream(gated, run, leave=True)
    assert caller.body
    assert run.cancel_requested_at
    assert (run.state, run.partial is None) == (Run.State.CANCELLED, False)


def test_without_a_gateway_nothing_is_sent(gated, person, sandbox):
    run = begin(person, SCRIBE, prompt="sea")

    async def act(address: str) -> Caller:
        caller = Caller()
        await RelayedStreams(view_of(run), "http://127.0.0.1:1")(SCOPE, caller.receive, caller.send)
        return caller

    caller = gated(act)
    run.refresh_from_db()
    assert (caller.status, run.state) == (503, Run.State.FAILED)
    assert json.loads(caller.body)["detail"]
    assert "stream" not in sandbox.calls()


def test_a_ticket_is_signed_and_opens_one_stream(gated, person, sandbox):
    run = begin(person, SCRIBE, prompt="sea", max_tokens=20)

    async def status(address: str, ticket: str) -> int:
        async with post(f"http://{address}{tickets.STREAM_PATH}{ticket}") as response:
            async for _ in response.aiter_raw():
                pass
            return response.status_code

    async def act(address: str) -> tuple[list[int], list[int]]:
        ticket = tickets.sign_stream(run.pk)
        together = await asyncio.gather(*(status(address, ticket) for _ in range(3)))
        wrong = [await status(address, text) for text in ("", "x", ticket + "x")]
        return [*sorted(together), await status(address, ticket)], wrong

    answers, wrong = gated(act)
    assert answers == [200, 404, 404, 404]
    assert set(wrong) == {tickets.TICKET_REFUSED}
    assert sandbox.calls()["stream"] == 1


def test_a_secret_key_mismatch_is_logged_on_both_sides_and_costs_nothing(
    gated, person, sandbox, caplog, monkeypatch
):
    monkeypatch.setattr(signed_tickets, "_said_at", None)
    run = begin(person, SCRIBE, prompt="sea", max_tokens=20)

    async def act(address: str) -> Caller:
        caller = Caller()
        relayed = RelayedStreams(view_of(run), f"http://{address}")
        with override_settings(SECRET_KEY="of the web process"):
            ticket = tickets.sign_stream(run.pk)
        monkeypatch.setattr(tickets, "sign_stream", lambda *_: ticket)
        await relayed(SCOPE, caller.receive, caller.send)
        return caller

    caller = gated(act)
    run.refresh_from_db()
    assert (caller.status, run.state) == (503, Run.State.FAILED)
    assert "same SECRET_KEY" in json.loads(caller.body)["detail"]
    assert "signed with another SECRET_KEY" in caplog.text
    assert "refused a ticket: SECRET_KEY differs" in caplog.text
    assert "stream" not in sandbox.calls()


@pytest.mark.django_db
@pytest.mark.parametrize("blank", [b"\n\n", b"\r\n\r\n"], ids=["lf", "crlf"])
def test_a_broken_event_is_not_passed_on(make_run, blank):
    error = FalError("It broke off.").as_json()
    run = make_run(state=Run.State.UNCONFIRMED, error=error)
    sent: list[bytes] = []

    async def send(message: Any) -> None:
        sent.append(message.get("body", b""))

    async def act() -> None:
        answer = RoutedAnswer(run, send)
        answer.has_begun = True
        for piece in (b"da", b'ta: {"a"', b": 1}" + blank, b'data: {"b":'):
            await answer.write(piece)
        await answer.conclude(run)

    asyncio.run(act())
    first, last = sent
    assert first == b'data: {"a": 1}' + blank
    assert b'"message":"It broke off."' in last.replace(b": ", b":")
