"""Live sessions through the relay, against the real sandbox.

A ticket opens one, pictures come back, and no message contains the key.
"""

import asyncio
import io
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

import pytest
import uvicorn
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client
from PIL import Image
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from catalog import upstream
from catalog.models import Endpoint
from config.management.commands.realtime import Server
from playground.form import form_state
from runs.realtime import relay, sessions, tickets
from runs.realtime.limits import LiveLimits
from tests.runs.conftest import Control

pytestmark = [pytest.mark.any_database, pytest.mark.system]  # for tickets, frames and pictures

LIVE = "sandbox/aurora/lite"
PERSON = 4711
FORM = {"prompt": "violet", "seed": "3", "image_size~pick": ""}
Act = Callable[[str], Awaitable[Any]]
serving: list[Server] = []  # the latest server; a test may stop it
Relayed = Callable[..., Any]


@pytest.fixture
def relayed(catalogue: None, sandbox: Control) -> Relayed:
    """`relayed(act, save_every_s=…)`: the result of `act(address)`, called while a relay serves.

    Its tickets are for PERSON.
    """
    User.objects.create_user("live", pk=PERSON)

    async def serve(act: Act, limits: LiveLimits) -> Any:
        async with upstream.clients() as clients:
            app = relay.Relay(clients, form_state.parse_form, limits)
            config = uvicorn.Config(
                app,
                port=0,
                lifespan="off",
                log_level="warning",
                timeout_graceful_shutdown=1,
            )
            server = Server(config, app)
            running = asyncio.create_task(server.serve())
            serving[:] = [server]
            while not server.started:  # noqa: ASYNC110  it has no event for it
                await asyncio.sleep(0.01)
            port = server.servers[0].sockets[0].getsockname()[1]
            try:
                outcome = await asyncio.wait_for(act(f"ws://127.0.0.1:{port}/?ticket="), 60)
                async with asyncio.timeout(60):
                    while app.open:  # noqa: ASYNC110  whoever leaves frees the place
                        await asyncio.sleep(0.01)
                return outcome
            finally:
                server.should_exit = True
                await running
                await sync_to_async(connections.close_all)()

    return lambda act, **limits: asyncio.run(serve(act, LiveLimits(**limits)))


async def answer(socket: ClientConnection, **changed: str) -> tuple[dict[str, Any], bytes]:
    """Send a form; return the message that answers it, and the picture's bytes if it has one."""
    await socket.send(urlencode(FORM | changed))
    while (message := json.loads(await socket.recv()))["type"] == "run":
        continue
    picture = await socket.recv() if message["type"] == "picture" else b""
    assert isinstance(picture, bytes)
    return message, picture


def test_each_form_change_returns_a_picture(relayed, sandbox):
    async def act(address: str) -> Any:
        async with connect(address + tickets.sign(PERSON, LIVE)) as socket:
            first = await answer(socket)
            refused = await answer(socket, prompt="")
            return first, refused, await answer(socket, prompt="green")

    (first_message, picture), (refused, nothing), (_, other) = relayed(act)
    assert first_message == {"type": "picture"}
    assert Image.open(io.BytesIO(picture)).format == "JPEG"
    assert (refused["type"], nothing) == ("problem", b"")
    assert other not in (b"", picture)
    assert sandbox.calls()["realtime"] == 1


def test_only_the_newest_form_is_sent_while_a_picture_is_made(relayed):
    async def act(address: str) -> int:
        pictures = 0
        async with connect(address + tickets.sign(PERSON, LIVE)) as socket:
            for number in range(30):
                await socket.send(urlencode(FORM | {"prompt": f"word {number}"}))
            try:
                while True:
                    frame = await asyncio.wait_for(socket.recv(), 1 if pictures else 60)
                    pictures += isinstance(frame, bytes)
            except TimeoutError:
                return pictures

    assert 1 <= relayed(act) < 10


@pytest.mark.parametrize("ticket", ["", "nonsense", "expired", "forged"])
def test_a_session_needs_a_valid_ticket(relayed, ticket, monkeypatch, sandbox):
    text = {"": "", "nonsense": "a:b:c"}.get(ticket, tickets.sign(PERSON, LIVE))
    if ticket == "expired":
        earlier = time.time() - tickets.LIFETIME_S - 1
        with monkeypatch.context() as past:
            past.setattr("django.core.signing.time.time", lambda: earlier)
            text = tickets.sign(PERSON, LIVE)
    if ticket == "forged":
        text = text[:-2] + ("AA" if text[-2:] != "AA" else "BB")

    async def act(address: str) -> None:
        with pytest.raises(InvalidStatus) as caught:
            await connect(address + text)
        assert caught.value.response.status_code == 403

    relayed(act)
    assert "realtime" not in sandbox.calls()


def test_a_ticket_is_valid_once(relayed):
    ticket = tickets.sign(PERSON, LIVE)

    async def act(address: str) -> tuple[str, dict[str, Any]]:
        async with connect(address + ticket) as socket:
            first, _ = await answer(socket)
        async with connect(address + ticket) as socket:
            return first["type"], json.loads(await socket.recv())

    assert relayed(act) == ("picture", {"type": "end", "message": relay.USED_UP})


@pytest.mark.parametrize("origin", [None, "https://evil.test", "null"])
def test_a_ticket_is_valid_only_for_the_origin_of_its_page(relayed, origin):
    ours = "https://vitrine.test"
    ticket = tickets.sign(PERSON, LIVE, ours)

    async def act(address: str) -> str:
        with pytest.raises(InvalidStatus):
            await connect(address + ticket, origin=origin)
        # the refused connection has not used up the ticket
        async with connect(address + ticket, origin=Origin(ours)) as socket:
            first, _ = await answer(socket)
        return str(first["type"])

    assert relayed(act) == "picture"


def test_a_ticket_and_its_session_end_with_the_logout(relayed):
    browser = Client()
    browser.force_login(User.objects.get(pk=PERSON))
    key = browser.session.session_key
    first, second = (tickets.sign(PERSON, LIVE, session_key=key) for _ in range(2))

    async def act(address: str) -> tuple[str, str]:
        async with connect(address + first) as socket:
            await answer(socket)
            await sync_to_async(browser.post)("/logout/")
            running = str(json.loads(await socket.recv())["message"])
        async with connect(address + second) as socket:
            return running, str(json.loads(await socket.recv())["message"])

    assert relayed(act, save_every_s=0.05) == (sessions.LOGGED_OUT, relay.USED_UP)


@pytest.mark.django_db
def test_a_pages_ticket_needs_a_live_model_and_names_its_origin_and_its_login(
    client, user, make_endpoint, settings
):
    live = make_endpoint("fal-ai/fast", tags=["realtime"])
    make_endpoint("fal-ai/flux")
    settings.REALTIME_URL = "wss://vitrine.test/live"
    assert client.post("/tickets/fal-ai/fast/").status_code == 302
    client.force_login(user)
    assert client.post("/tickets/fal-ai/flux/").status_code == 404

    url = client.post("/tickets/fal-ai/fast/").json()["url"]
    address, _, text = url.partition("/?ticket=")
    assert address == "wss://vitrine.test/live"
    ticket = tickets.verify(text)
    assert ticket
    assert (ticket.user_id, ticket.endpoint_id) == (user.pk, "fal-ai/fast")
    assert ticket.origin == "http://testserver"
    assert str(client.session.session_key) not in url

    assert "<live-session" in client.get(live.get_absolute_url()).content.decode()
    Endpoint.objects.filter(pk=live.pk).update(tags=[])
    assert "<live-session" not in client.get(live.get_absolute_url()).content.decode()
    assert not ticket.is_logged_out
    client.post("/logout/")
    assert ticket.is_logged_out
