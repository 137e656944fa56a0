"""What a live session does about what befalls it.

The model at the other end is played here, by the test.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import InterfaceError, OperationalError, connections
from django.utils import timezone

from catalog.models import Endpoint
from core.http.asgi import Message
from playground.files import inputs
from playground.models import Run
from playground.realtime import relay, sessions, tickets
from playground.realtime.sessions import LiveSession
from playground.runs import state_machine
from playground.worker.scheduling import leases
from playground.worker.transports import cancellation
from tests.playground.conftest import LIMIT_S

pytestmark = pytest.mark.django_db(transaction=True)


class Model:
    """The model of a session: what it got, and what it is made to say (an error is raised, None ends it)."""

    def __init__(self) -> None:
        self.got: asyncio.Queue[str] = asyncio.Queue()
        self.says: asyncio.Queue[Any] = asyncio.Queue()

    @asynccontextmanager
    async def session(self, endpoint_id: str) -> AsyncIterator[Model]:
        """Itself: it has one."""
        yield self

    async def send(self, arguments: dict[str, Any]) -> None:
        """Take an input."""
        self.got.put_nowait(arguments["prompt"])

    async def results(self) -> AsyncGenerator[Any]:
        """What the test lets it say."""
        while (said := await self.says.get()) is not None:
            yield said


class Browser:
    """The page at the relay's other end."""

    def __init__(self) -> None:
        self.inbox: asyncio.Queue[Message] = asyncio.Queue()
        self.outbox: asyncio.Queue[Message] = asyncio.Queue()
        self.outbox.put_nowait({"type": "websocket.connect"})

    def types(self, prompt: str) -> None:
        """Send the form as it is then."""
        self.outbox.put_nowait({"type": "websocket.receive", "text": f"prompt={prompt}"})

    def leaves(self) -> None:
        """Close the connection."""
        self.outbox.put_nowait({"type": "websocket.disconnect"})

    async def hears(self, kind: str) -> dict[str, Any]:
        """The next message of a kind."""
        while True:
            message = await self.inbox.get()
            told: dict[str, Any] = json.loads(message.get("text") or "{}")
            if told.get("type") == kind:
                return told


Act = Callable[[Browser, Model], Awaitable[Any]]


@pytest.fixture
def live(flux: Endpoint, user: User) -> Callable[[Act], Any]:
    """`live(act)`: what `act(browser, model)` gives, while a session is open and, after it, over."""

    async def serve(act: Act) -> Any:
        browser, model = Browser(), Model()
        upstream: Any = SimpleNamespace(realtime=model)
        query = f"ticket={tickets.sign(user.pk, flux.endpoint_id)}".encode()
        scope = {"type": "websocket", "query_string": query}
        app = relay.Relay(upstream)
        serving = asyncio.create_task(app(scope, browser.outbox.get, browser.inbox.put))
        try:
            async with asyncio.timeout(LIMIT_S):
                given = await act(browser, model)
                browser.leaves()
                await serving
            return given
        finally:
            serving.cancel()
            await sync_to_async(connections.close_all)()

    return lambda act: asyncio.run(serve(act))


def picture(number: int) -> dict[str, Any]:
    return {"images": [{"url": f"https://v3.fal.media/{number}.png"}]}


def kept(run: Run) -> list[str]:
    return [frame["images"][0]["url"][-5] for frame in run.output["frames"]]


def taken_over() -> None:
    """A worker ends the run: the session's process seems to be gone."""
    Run.objects.update(lease_until=timezone.now() - leases.LEASE)
    leases.claim("worker", 10)


def test_all_results_of_an_input_are_shown_and_kept_as_they_come(
    live: Callable[[Act], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def act(browser: Browser, model: Model) -> list[str]:
        browser.types("one")
        await model.got.get()
        for number in (1, 2):
            model.says.put_nowait(picture(number))
        shown = [(await browser.hears("text"))["url"] for _ in range(2)]
        browser.types("two")
        await model.got.get()
        for number in (3, 4):
            model.says.put_nowait(picture(number))
        return shown + [(await browser.hears("text"))["url"] for _ in range(2)]

    assert [url[-5] for url in live(act)] == ["1", "2", "3", "4"]
    run = Run.objects.get()
    assert kept(run) == ["1", "2", "3", "4"]
    assert (run.metrics, run.arguments["prompt"]) == ({"results": 4}, "two")


def test_a_model_that_leaves_while_it_paints_has_not_waited(live: Callable[[Act], Any]) -> None:
    async def act(browser: Browser, model: Model) -> str:
        browser.types("one")
        await model.got.get()
        model.says.put_nowait(None)
        return str((await browser.hears("end"))["message"])

    assert live(act) == relay.NOT_PAINTED
    run = Run.objects.get()
    assert (run.state, run.error["message"]) == ("failed", relay.NOT_PAINTED)


def test_a_model_that_leaves_an_idle_session_ends_it_at_once(live: Callable[[Act], Any]) -> None:
    async def act(browser: Browser, model: Model) -> str:
        browser.types("one")
        await model.got.get()
        model.says.put_nowait(picture(1))
        await browser.hears("text")
        model.says.put_nowait(None)
        return str((await browser.hears("end"))["message"])

    assert live(act) == relay.MODEL_ENDED
    assert kept(Run.objects.get()) == ["1"]


def test_a_session_whose_run_was_ended_meanwhile_stops_by_itself(
    live: Callable[[Act], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "SAVE_EVERY_S", 0.01)

    async def act(browser: Browser, model: Model) -> str:
        browser.types("one")
        await model.got.get()
        await sync_to_async(taken_over)()
        return str((await browser.hears("end"))["message"])

    assert live(act) == sessions.RUN_ENDED


def test_after_a_sleep_no_input_leaves_for_a_run_that_was_ended(
    live: Callable[[Act], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "SAVE_EVERY_S", 3600.0)  # the next look would come too late
    monkeypatch.setattr(leases, "LIVE_LEASE", timedelta(0))  # the lease has run out by then

    async def act(browser: Browser, model: Model) -> tuple[str, bool]:
        browser.types("one")
        await model.got.get()
        model.says.put_nowait(picture(1))
        await browser.hears("text")
        await sync_to_async(taken_over)()
        browser.types("two")
        return str((await browser.hears("end"))["message"]), model.got.empty()

    assert live(act) == (sessions.RUN_ENDED, True)
    assert "cut" in [event["what"] for event in Run.objects.get().events]


def test_a_session_outlives_a_sleep_that_a_workers_run_would_not(
    live: Callable[[Act], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def act(browser: Browser, model: Model) -> None:
        browser.types("one")
        await model.got.get()
        asleep = timezone.now() + 3 * leases.LEASE
        assert not (await sync_to_async(leases.claim)("worker", 10, now=asleep)).to_follow
        model.says.put_nowait(picture(1))
        await browser.hears("text")

    live(act)
    assert kept(Run.objects.get()) == ["1"]


def test_a_session_waits_for_the_database_and_paints_the_newest_form(
    live: Callable[[Act], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    read = relay._arguments

    def away(endpoint: Endpoint, post: Any) -> Any:
        if post["prompt"] == ["old"]:
            raise OperationalError("the server closed the connection unexpectedly")
        return read(endpoint, post)

    monkeypatch.setattr(relay, "RETRY_DATABASE_S", 0.0)
    monkeypatch.setattr(relay, "_arguments", away)

    async def act(browser: Browser, model: Model) -> tuple[str, str, bool]:
        browser.types("old")
        told = str((await browser.hears("slow"))["message"])
        browser.types("new")
        sent = await model.got.get()
        model.says.put_nowait(picture(1))
        await browser.hears("text")
        return told, sent, model.got.empty()

    assert live(act) == (relay.DATABASE_AWAY, "new", True)
    assert not Run.objects.get().events


@pytest.mark.parametrize("name", ["_endpoint", "_begin", "upload_inputs", "is_owned"])
def test_whatever_the_database_is_asked_is_asked_again(
    live: Callable[[Act], Any], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    where = {
        "_endpoint": relay,
        "_begin": sessions,
        "upload_inputs": inputs,
        "is_owned": LiveSession,
    }[name]
    asked = getattr(where, name)
    failures = iter([OperationalError("database is locked"), InterfaceError("it has gone")])

    def trouble(*given: Any) -> Any:
        for failure in failures:
            raise failure
        return asked(*given)

    monkeypatch.setattr(relay, "RETRY_DATABASE_S", 0.0)
    monkeypatch.setattr(where, name, trouble)

    async def act(browser: Browser, model: Model) -> None:
        browser.types("one")
        await model.got.get()
        model.says.put_nowait(picture(1))
        await browser.hears("text")

    live(act)
    assert next(failures, None) is None
    assert kept(Run.objects.get()) == ["1"]


@pytest.mark.parametrize("name", ["_arguments", "is_owned"])
def test_nothing_is_sent_for_a_page_that_left_while_the_database_was_away(
    live: Callable[[Act], Any], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    where = {"_arguments": relay, "is_owned": LiveSession}[name]
    asked, is_there = getattr(where, name), asyncio.Event()

    def away(*given: Any) -> Any:
        if not is_there.is_set():
            raise OperationalError("the server closed the connection unexpectedly")
        return asked(*given)

    monkeypatch.setattr(relay, "RETRY_DATABASE_S", 0.0)
    monkeypatch.setattr(where, name, away)

    async def act(browser: Browser, model: Model) -> Model:
        browser.types("one")
        await browser.hears("slow")
        browser.leaves()
        while not browser.outbox.empty():  # noqa: ASYNC110  the relay has heard it
            await asyncio.sleep(0.01)
        is_there.set()
        return model

    assert live(act).got.empty()
    assert set(Run.objects.values_list("state", flat=True)) <= {"cancelled"}


def test_a_look_at_the_run_that_came_to_nothing_ends_no_session(
    live: Callable[[Act], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    hold, looked = leases.renew_live_session, cancellation._cancel_requested
    held = iter([OperationalError("database is locked"), InterfaceError("the connection is lost")])
    asked = iter([InterfaceError("the connection is lost")])

    def holding(*given: Any) -> Any:
        for failure in held:
            raise failure
        return hold(*given)

    def looking(pks: Any) -> Any:
        for failure in asked:
            raise failure
        return looked(pks)

    monkeypatch.setattr(sessions, "SAVE_EVERY_S", 0.0)
    monkeypatch.setattr(leases, "renew_live_session", holding)
    monkeypatch.setattr(cancellation, "_cancel_requested", looking)

    async def act(browser: Browser, model: Model) -> str:
        browser.types("one")
        await model.got.get()
        model.says.put_nowait(picture(1))
        await browser.hears("text")
        while (run := await Run.objects.aget()).metrics != {"results": 1}:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await sync_to_async(state_machine.request_cancel)(run.pk)
        return str((await browser.hears("end"))["message"])

    assert live(act) == relay.ENDED_ON_PAGE
    assert [next(held, None), next(asked, None)] == [None, None]
