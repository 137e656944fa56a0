"""A blocked model cannot be run, whatever is posted and at any entry point.

Runs that were sent before go on.
"""

import json
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.test import Client
from websockets.asyncio.client import connect

from catalog.curation import marks
from catalog.models import Endpoint, Mark
from runs.models import Run, Transport
from runs.realtime import tickets
from runs.state import state_machine
from runs.state.transitions import Observation
from runs.worker.scheduling import leases
from tests.runs.realtime.test_relay import LIVE, PERSON, answer, relayed
from tests.runs.start.started import start_run
from tests.tables import each_row

__all__ = ["relayed"]

FLUX = "fal-ai/flux/dev"
PAGE, MARK = f"/models/{FLUX}/", f"/marks/{FLUX}/"
HTMX = {"hx-request": "true"}
WHY = "Its licence forbids what we do"


@pytest.fixture
def curator(db: None) -> User:
    return User.objects.create_user("eva", password="pw", is_staff=True, is_superuser=True)


@pytest.fixture
def staff(client: Client, curator: User) -> Client:
    client.force_login(curator)
    return client


def block(endpoint_id: str, by: User | None = None) -> None:
    by = by or User.objects.get_or_create(username="eva")[0]
    marks.set_mark(Endpoint.objects.filter(endpoint_id=endpoint_id), Mark.BLOCKED, WHY, by)


def test_a_blocked_model_gets_no_live_ticket(client, user, make_endpoint, settings):
    settings.REALTIME_URL = "wss://vitrine.test/live"
    make_endpoint("fal-ai/fast", tags=["realtime"])
    client.force_login(user)
    assert client.post("/tickets/fal-ai/fast/").status_code == 200
    block("fal-ai/fast")
    assert client.post("/tickets/fal-ai/fast/").status_code == 404


def test_a_ticket_from_before_the_block_is_refused(relayed, sandbox):
    block(LIVE)

    async def act(address: str) -> Any:
        async with connect(address + tickets.sign(PERSON, LIVE)) as socket:
            return json.loads(await socket.recv())

    message = relayed(act)
    assert message["type"] == "end"
    assert WHY in message["message"]
    assert "realtime" not in sandbox.calls()


def test_a_live_session_of_a_blocked_model_ends_at_the_next_picture(relayed):
    async def act(address: str) -> Any:
        async with connect(address + tickets.sign(PERSON, LIVE)) as socket:
            first = await answer(socket)
            await sync_to_async(block)(LIVE)
            return first, await answer(socket, prompt="green")

    (first, picture), (second, nothing) = relayed(act)
    assert (first["type"], second["type"], nothing) == ("picture", "end", b"")
    assert picture
    assert WHY in second["message"]


@pytest.mark.parametrize("transport", [Transport.QUEUE, Transport.SYNC, Transport.STREAM])
def test_waiting_runs_of_a_blocked_model_end_unsent(work, sandbox, catalogue, transport):
    eva = User.objects.create_user("eva")
    endpoint = Endpoint.objects.get(endpoint_id="sandbox/ridgeline")
    run, _ = start_run(
        user=eva,
        endpoint=endpoint,
        key="t",
        transport=transport,
        arguments={"prompt": "a cat"},
    )
    block(endpoint.endpoint_id, eva)
    sandbox.reset()
    work(lambda: Run.objects.get(pk=run.pk).is_final)
    run.refresh_from_db()
    assert (run.state, run.sent_at, run.request_id) == ("failed", None, "")
    assert WHY in run.error["message"]
    assert not {"submit", "run", "stream"} & sandbox.calls().keys()


def test_a_block_between_claim_and_submit_stops_the_run(flux, make_run):
    run = make_run(endpoint=flux)
    (claimed,) = leases.claim("w", 5).to_send
    block(FLUX)
    assert claimed.endpoint.mark == ""
    assert state_machine.mark_submitted(run.pk, set()) is False
    run.refresh_from_db()
    assert (run.state, run.sent_at) == ("failed", None)
    assert WHY in run.error["message"]


def test_a_block_lifted_before_the_submit_lets_the_run_go(flux, make_run):
    block(FLUX)
    run = make_run(endpoint=flux)
    leases.claim("w", 5)
    marks.set_mark(Endpoint.objects.all(), "", "", User.objects.get(username="eva"))
    assert state_machine.fail_if_blocked(run.pk) is False
    assert state_machine.mark_submitted(run.pk, set()) is True


def test_runs_already_sent_continue(flux, make_run):
    run = make_run(endpoint=flux)
    leases.claim("w", 5)
    assert state_machine.mark_submitted(run.pk, set())
    block(FLUX)
    assert state_machine.fail_if_blocked(run.pk) is False
    assert state_machine.record(run.pk, Observation(Run.State.SUCCEEDED, output={"a": 1}))


def test_curators_can_block_and_unblock_on_the_page(
    staff, flux, curator, django_assert_max_num_queries
):
    assert b"cannot be run" not in staff.get(PAGE).content
    response = staff.post(MARK, {"mark": "blocked", "reason": f" {WHY}\n"}, headers=HTMX)
    text = response.content.decode()
    assert WHY in text
    assert 'name="mark" value=""' in text  # the button that lifts the block
    flux.refresh_from_db()
    assert (flux.mark, flux.mark_reason) == ("blocked", WHY)
    assert flux.marked_by == curator
    assert flux.marked_at
    page = staff.get(PAGE).content.decode()
    assert "Blocked" in page
    assert "disabled" in page
    assert "eva" in staff.get(PAGE, {"tab": "about"}).content.decode()
    assert staff.post(MARK, {"mark": ""}).headers["Location"] == PAGE
    flux.refresh_from_db()
    assert (flux.mark, flux.mark_reason, flux.marked_by) == ("", "", None)
    assert staff.post(PAGE, {"prompt": "a cat", "~token": "t"}).status_code == 302
    assert Run.objects.count() == 1


@each_row(
    "posted",
    [
        {"mark": "blocked"},
        {"mark": "nonsense"},
        {"mark": "approved", "reason": "x" * 256},
    ],
)
@each_row("headers", [{}, HTMX], ids=["page", "fragment"])
def test_an_invalid_mark_is_reported(staff, flux, posted, headers):
    response = staff.post(MARK, posted, headers=headers)
    assert response.status_code == 422
    assert b'role="alert"' in response.content
    flux.refresh_from_db()
    assert flux.mark == ""
