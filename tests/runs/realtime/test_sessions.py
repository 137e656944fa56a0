"""Live sessions are runs: they keep their last pictures, have a spending limit, and always end."""

import asyncio
import json
import re
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import connections
from django.utils import timezone
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

import fal
from core.http.asgi import Message
from playground.form import form_state
from runs.models import Run, Upload
from runs.realtime import limits, relay, sessions, tickets
from runs.realtime.limits import LiveLimits
from runs.realtime.page import Page
from runs.realtime.sessions import LiveSession
from runs.results import timeline
from runs.state import state_machine
from runs.worker.scheduling import leases
from tests.runs.realtime.test_relay import (
    LIVE,
    PERSON,
    Act,  # noqa: F401  a fixture     LIVE,     PERSON,     Act,     answer,     relayed,     serving, )
    answer,
    relayed,  # noqa: F401  a fixture     LIVE,     PERSON,     Act,     answer,     relayed,     serving, )
)
from tests.runs.realtime.test_sessions_faults import READS_THE_FORM
from tests.statements import before

pytestmark = pytest.mark.system  # these tests take long

TICKET = tickets.Ticket(PERSON, LIVE)
Relayed = Callable[..., Any]


@pytest.fixture
def sitting(make_run: Callable[..., Run]) -> LiveSession:
    run = make_run(transport="realtime", state="running", worker="live")
    return LiveSession(run, "live", TICKET, LiveLimits(save_every_s=0.01))


def end_session(sitting: LiveSession, why: str = "", error: fal.FalError | None = None) -> None:
    """End a session, and close the connection of the thread that wrote it."""

    async def end() -> None:
        await sitting.end(why, error)
        await sync_to_async(connections.close_all)()

    asyncio.run(end())


async def to_its_end(socket: ClientConnection) -> list[dict[str, Any]]:
    """Return the messages until the session closes."""
    messages = []
    try:
        while True:
            frame = await asyncio.wait_for(socket.recv(), 60)
            messages += [json.loads(frame)] if isinstance(frame, str) else []
    except ConnectionClosed:
        return messages


def test_a_session_is_a_run_that_keeps_its_last_pictures(
    relayed,  # noqa: F811
    work,
    client,
):
    async def act(address: str) -> str:
        async with connect(address + tickets.sign(PERSON, LIVE)) as socket:
            await socket.send("prompt=word+0&seed=3")
            message = json.loads(await socket.recv())
            await socket.recv(), await socket.recv()
            for number in range(1, 7):
                await answer(socket, prompt=f"word {number}")
        return str(message["url"])

    url = relayed(act)
    run = Run.objects.get()
    assert url == run.get_absolute_url()
    assert (run.state, run.transport, run.metrics) == ("succeeded", "realtime", {"results": 7})
    assert (run.arguments["prompt"], run.title) == ("word 6", "word 6")
    assert run.sent_at
    assert run.ended_at
    assert run.ended_at > run.sent_at
    assert len(run.output["frames"]) == run.artifacts.count() == limits.KEPT
    work(lambda: not run.artifacts.filter(state="remote").exists())
    assert len(set(run.artifacts.values_list("digest", flat=True))) == limits.KEPT
    client.force_login(User.objects.get(pk=PERSON))
    text = client.get(url).content.decode()
    assert "Live session." in text
    assert re.search(r'<dt>Results</dt>\s*<dd class="figures">7</dd>', text)
    assert text.index(">Created") < text.index(">Sent")
    again = client.post(f"{url}repetition/").headers["Location"]
    assert Run.objects.get(pk=again.strip("/").split("/")[-1]).transport == "queue"


@pytest.mark.parametrize("is_file_last", [False, True])
def test_sent_arguments_are_those_of_the_last_input(
    relayed,  # noqa: F811
    is_file_last,
):
    upload = Upload.objects.create(
        user_id=PERSON, digest="d", file="d.png", file_name="d.png", content_type="image/png",
        size_bytes=1, upstream_url="https://v3.fal.media/d.png", upstream_at=timezone.now(),
    )  # fmt: skip
    prompts = [upload.get_absolute_url(), "a word"]
    if is_file_last:
        prompts.reverse()

    async def act(address: str) -> None:
        async with connect(address + tickets.sign(PERSON, LIVE)) as socket:
            for prompt in prompts:
                await answer(socket, prompt=prompt)

    relayed(act)
    run = Run.objects.get()
    assert run.arguments["prompt"] == prompts[-1]
    sent = run.arguments | {"prompt": "https://v3.fal.media/d.png"}
    assert run.sent_arguments == (sent if is_file_last else None)


def test_an_unexpected_error_ends_a_session_with_a_message(
    relayed,  # noqa: F811
    caplog,
):
    has_painted = threading.Event()

    def break_off(sql: str, _: Any) -> None:
        if has_painted.is_set() and sql.startswith(READS_THE_FORM):
            raise ZeroDivisionError("who would have thought")

    async def act(address: str) -> list[dict[str, Any]]:
        async with connect(address + tickets.sign(PERSON, LIVE)) as socket:
            await answer(socket)
            has_painted.set()
            await socket.send("prompt=another&seed=3")
            return await to_its_end(socket)

    with before(break_off):
        messages = relayed(act)
    run = Run.objects.get()
    assert messages[-1] == {"type": "end", "message": relay.BROKEN_HERE}
    assert [event["text"] for event in run.events] == [relay.BROKEN_HERE]
    assert (run.is_final, len(run.output["frames"])) == (True, 1)
    assert "who would have thought" in caplog.text


def test_one_person_cannot_take_every_session(
    relayed,  # noqa: F811
):
    User.objects.create_user("other", pk=PERSON + 1)

    async def act(address: str) -> tuple[Any, ...]:
        async with (
            connect(address + tickets.sign(PERSON, LIVE)) as mine,
            connect(address + tickets.sign(PERSON + 1, LIVE)) as other,
        ):
            own = (await answer(mine))[0], (await answer(other))[0]
            async with connect(address + tickets.sign(PERSON, LIVE)) as second:
                return *own, *await to_its_end(second)

    painted, refused = {"type": "picture"}, {"type": "end", "message": relay.NO_ROOM}
    assert relayed(act, sessions_each=1) == (painted, painted, refused)


def test_a_session_that_the_model_never_answers_has_failed(
    relayed,  # noqa: F811
):
    async def act(address: str) -> list[dict[str, Any]]:
        async with connect(address + tickets.sign(PERSON, LIVE)) as socket:
            await socket.send("prompt=violet")
            return await to_its_end(socket)

    assert relayed(act, result_timeout_s=0.0)[-1] == {"type": "end", "message": relay.NO_ANSWER}
    run = Run.objects.get()
    assert (run.state, run.error["message"]) == ("failed", relay.NO_ANSWER)


def test_a_session_can_be_ended_on_its_runs_page(relayed):  # noqa: F811
    async def act(address: str) -> list[dict[str, Any]]:
        async with connect(address + tickets.sign(PERSON, LIVE)) as socket:
            await answer(socket)
            run = await Run.objects.aget()
            await sync_to_async(state_machine.request_cancel)(run.pk)
            return await to_its_end(socket)

    assert "on its run's page" in relayed(act)[-1]["message"]
    assert Run.objects.get().state == "succeeded"  # the painted pictures are kept


def test_no_session_starts_while_the_run_limit_is_reached(
    relayed,  # noqa: F811
    settings,
    make_run,
    sandbox,
):
    settings.RUNS_AT_ONCE_PER_USER = 1
    make_run(user=User.objects.get(pk=PERSON), state="running", lease_until=timezone.now())

    async def act(address: str) -> list[dict[str, Any]]:
        async with connect(address + tickets.sign(PERSON, LIVE)) as socket:
            await socket.send("prompt=violet")
            return await to_its_end(socket)

    assert "Too many runs" in relayed(act)[-1]["message"]
    assert not Run.objects.filter(transport="realtime").exists()


@pytest.mark.django_db(transaction=True)
def test_a_session_under_way_shows_what_its_end_would_store(sitting):
    drawn: list[tuple[str, Any, Any]] = []

    async def paint() -> None:
        keeping = asyncio.create_task(sitting.renew())
        for number in range(1, 11):
            sitting.note_sent({"prompt": "abcdefghij"[:number]})
            sitting.add_result({"n": number})
            while (  # noqa: ASYNC110  another thread writes it
                run := await Run.objects.aget()
            ).metrics != {"results": number}:
                await asyncio.sleep(0.01)
            drawn.append((run.title, run.arguments["prompt"], run.partial))
        keeping.cancel()
        await sync_to_async(connections.close_all)()

    asyncio.run(paint())
    assert drawn[0] == ("a", "a", {"frames": [{"n": 1}]})
    last = {"frames": [{"n": 7}, {"n": 8}, {"n": 9}, {"n": 10}]}
    assert drawn[-1] == ("abcdefghij", "abcdefghij", last)


def test_the_session_of_a_killed_relay_ends_with_its_last_recorded_results(make_run, member):
    values = {"transport": "realtime", "state": "running", "sent_at": timezone.now()}
    past = timezone.now() - timedelta(minutes=1)
    frames = {
        "frames": [{"images": [{"url": "data:image/png;base64,AA", "content_type": "image/png"}]}]
    }
    painted = make_run(**values, worker="live:1", lease_until=past, partial=frames)
    nothing = make_run(**values, worker="live:1", lease_until=past)
    held = make_run(**values, worker="live:2", lease_until=timezone.now() + timedelta(minutes=1))
    claim = leases.claim("w", 10)
    assert not claim.to_send
    assert not claim.to_follow
    for run in (painted, nothing, held):
        run.refresh_from_db()
    assert (painted.state, painted.output, painted.artifacts.count()) == ("succeeded", frames, 1)
    assert (nothing.state, nothing.error["type"]) == ("failed", "stream_broken")
    page = member.get(painted.get_absolute_url()).content.decode()
    assert "This live session ended early." in page
    assert re.search(r"Live session broke off\s+<span", page)  # in the timeline
    assert held.state == "running"


@pytest.mark.django_db(transaction=True)
def test_a_session_stores_results_up_to_a_limit(sitting):
    for number in range(9):
        picture = {"content": bytes([number]) * (1 << 20)}
        sitting.note_sent({"n": number})
        sitting.add_result({"images": [picture]})
    end_session(sitting)
    run = Run.objects.get()
    assert run.arguments == {"n": 8}
    assert run.metrics == {"results": 9}
    assert len(run.output["frames"]) == 2  # base64 makes a megabyte a third larger
    assert len(json.dumps(run.output)) < sessions.KEPT_BYTES


@pytest.mark.django_db(transaction=True)
def test_a_session_without_a_picture_is_failed_or_cancelled(make_run):
    left, broken = (make_run(transport="realtime", state="running") for _ in range(2))
    end_session(LiveSession(left, "live", TICKET))
    end_session(
        LiveSession(broken, "live", TICKET), "why", fal.Unreachable("fal ended the session.")
    )
    left.refresh_from_db()
    broken.refresh_from_db()
    assert left.state == "cancelled"
    assert (broken.state, broken.error["error"]) == ("failed", "Unreachable")


# Limits of a live session: its duration and its pace.


@pytest.mark.any_database
def test_a_session_ends_at_its_time_limit_or_when_idle(
    relayed,  # noqa: F811
    settings,
):
    async def act(address: str) -> list[dict[str, Any]]:
        async with connect(address + tickets.sign(PERSON, LIVE)) as socket:
            await answer(socket)
            return await to_its_end(socket)

    settings.LIVE_IDLE_S = 0.5
    messages = relayed(act)
    assert messages[-1]["type"] == "end"
    assert "Nothing was changed" in messages[-1]["message"]
    assert [event["what"] for event in Run.objects.get().events] == ["session"]
    settings.LIVE_IDLE_S, settings.LIVE_MINUTES = 60, 0.05  # enough time for the first picture
    assert "session has reached its time limit" in relayed(act)[-1]["message"]
    assert set(Run.objects.values_list("state", flat=True)) == {"succeeded"}


@pytest.mark.any_database
def test_a_session_sends_no_faster_than_its_rate_limit(
    relayed,  # noqa: F811
    settings,
):
    settings.LIVE_PICTURES_PER_S = 4

    async def act(address: str) -> float:
        loop = asyncio.get_running_loop()
        async with connect(address + tickets.sign(PERSON, LIVE)) as socket:
            began = loop.time()
            for number in range(4):
                await answer(socket, prompt=str(number))
            return loop.time() - began

    assert relayed(act) > 0.7


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("has_painted", [True, False])
def test_an_error_of_the_model_is_stored_with_the_run(sitting, has_painted):
    sitting.record_failure(fal.RunFailed("no hands", type="INTERNAL_ERROR"))
    if has_painted:
        sitting.add_result({"text": "a picture"})
    sitting.record_failure(fal.RunFailed("too long", type="INTERNAL_ERROR"))
    end_session(sitting)
    run = Run.objects.get()
    assert run.state == ("succeeded" if has_painted else "failed")
    assert (run.error or {}).get("message") == (None if has_painted else "too long")
    (event,) = run.events
    assert (event["what"], event["text"]) == ("refused", "2 of its inputs. The last: too long")
    assert "The model failed on some inputs" in [moment.what for moment in timeline.moments(run)]


def test_a_page_closed_while_being_sent_a_message_ends_its_session(sitting):
    class Gone(Page):
        def __init__(self) -> None:
            async def receive() -> Message:
                raise OSError("the client has disconnected")

            async def send(message: Message) -> None:
                raise OSError("the client has disconnected")

            super().__init__(receive, send, form_state.parse_form)

    async def sit() -> None:
        page = Gone()
        await page.send({"type": "slow"})
        assert page.is_gone
        await page.wait_for_form()
        await page.close()

    asyncio.run(sit())
