"""A live session's reaction to failures of the model, the page and the database.

The test plays the model.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import InterfaceError, OperationalError, connections
from django.utils import timezone

import fal
from catalog.models import Endpoint
from core.http.asgi import Message
from playground.form import form_state
from runs.models import Run, Upload
from runs.realtime import relay, sessions, tickets
from runs.realtime.limits import LiveLimits
from runs.worker.scheduling import leases
from tests.runs.conftest import LIMIT_S
from tests.statements import failing

pytestmark = pytest.mark.django_db(transaction=True)

# The beginnings of a session's SQL statements.
READS_THE_FORM = 'SELECT "catalog_endpoint"."id", "catalog_endpoint"."mark"'
RENEWS_THE_LEASE = 'UPDATE "playground_run" SET "lease_until"'


class Model:
    """The model of a session, with the inputs it got and the results the test puts in.

    An exception is raised, and None ends the session.
    """

    def __init__(self) -> None:
        self.got: asyncio.Queue[str] = asyncio.Queue()
        self.says: asyncio.Queue[Any] = asyncio.Queue()

    @asynccontextmanager
    async def session(self, endpoint_id: str) -> AsyncIterator[Model]:
        """Yield this model, which is its own session."""
        yield self

    async def send(self, arguments: dict[str, Any]) -> None:
        """Record an input."""
        self.got.put_nowait(arguments["prompt"])

    async def results(self) -> AsyncGenerator[Any]:
        """Yield the results that the test puts in."""
        while (result := await self.says.get()) is not None:
            if isinstance(result, fal.RequestRejected):
                raise result
            yield result


class Browser:
    """The page at the relay's other end."""

    def __init__(self) -> None:
        self.inbox: asyncio.Queue[Message] = asyncio.Queue()
        self.outbox: asyncio.Queue[Message] = asyncio.Queue()
        self.outbox.put_nowait({"type": "websocket.connect"})

    def types(self, prompt: str) -> None:
        """Send the form with this prompt."""
        self.outbox.put_nowait({"type": "websocket.receive", "text": f"prompt={prompt}"})

    def leaves(self) -> None:
        """Close the connection."""
        self.outbox.put_nowait({"type": "websocket.disconnect"})

    async def is_heard(self) -> None:
        """Return once the relay has received everything that was sent."""
        while not self.outbox.empty():  # noqa: ASYNC110  it has no event for it
            await asyncio.sleep(0.01)

    async def hears(self, kind: str) -> dict[str, Any]:
        """Return the next message of a kind."""
        while True:
            message = await self.inbox.get()
            content: dict[str, Any] = json.loads(message.get("text") or "{}")
            if content.get("type") == kind:
                return content


Act = Callable[[Browser, Model], Awaitable[Any]]
Live = Callable[..., Any]


@pytest.fixture
def live(flux: Endpoint, user: User) -> Live:
    """`live(act, save_every_s=…)`: the result of `act(browser, model)` in an open session."""

    async def serve(act: Act, limits: LiveLimits) -> Any:
        browser, model = Browser(), Model()
        upstream: Any = SimpleNamespace(realtime=model)
        query = f"ticket={tickets.sign(user.pk, flux.endpoint_id)}".encode()
        scope = {"type": "websocket", "query_string": query}
        app = relay.Relay(upstream, form_state.parse_form, limits)
        serving = asyncio.create_task(app(scope, browser.outbox.get, browser.inbox.put))
        try:
            async with asyncio.timeout(LIMIT_S):
                outcome = await act(browser, model)
                browser.leaves()
                await serving
            return outcome
        finally:
            serving.cancel()
            await sync_to_async(connections.close_all)()

    return lambda act, **limits: asyncio.run(serve(act, LiveLimits(**limits)))


def picture(number: int) -> dict[str, Any]:
    return {"images": [{"url": f"https://v3.fal.media/{number}.png"}]}


def stored_pictures(run: Run) -> list[str]:
    return [frame["images"][0]["url"][-5] for frame in run.output["frames"]]


def taken_over() -> None:
    """End the run as a worker does when the session's process seems dead."""
    Run.objects.update(lease_until=timezone.now() - leases.LEASE)
    leases.claim("worker", 10)


def test_all_results_of_an_input_are_shown_and_stored_in_order(live):
    async def act(browser: Browser, model: Model) -> list[str]:
        browser.types("one")
        await model.got.get()
        for number in (1, 2):
            model.says.put_nowait(picture(number))
        urls = [(await browser.hears("text"))["url"] for _ in range(2)]
        browser.types("two")
        await model.got.get()
        for number in (3, 4):
            model.says.put_nowait(picture(number))
        return urls + [(await browser.hears("text"))["url"] for _ in range(2)]

    assert [url[-5] for url in live(act)] == ["1", "2", "3", "4"]
    run = Run.objects.get()
    assert stored_pictures(run) == ["1", "2", "3", "4"]
    assert (run.metrics, run.arguments["prompt"]) == ({"results": 4}, "two")


def test_a_model_that_disconnects_while_working_fails_the_session(live):
    async def act(browser: Browser, model: Model) -> str:
        browser.types("one")
        await model.got.get()
        model.says.put_nowait(None)
        return str((await browser.hears("end"))["message"])

    assert live(act) == relay.NOT_PAINTED
    run = Run.objects.get()
    assert (run.state, run.error["message"]) == ("failed", relay.NOT_PAINTED)


def test_a_session_whose_run_has_ended_stops_by_itself(live):

    async def act(browser: Browser, model: Model) -> str:
        browser.types("one")
        await model.got.get()
        await sync_to_async(taken_over)()
        return str((await browser.hears("end"))["message"])

    assert live(act, save_every_s=0.01) == sessions.RUN_ENDED


def test_after_a_sleep_no_input_is_sent_for_an_ended_run(live):
    async def act(browser: Browser, model: Model) -> tuple[str, bool]:
        browser.types("one")
        await model.got.get()
        model.says.put_nowait(picture(1))
        await browser.hears("text")
        await sync_to_async(taken_over)()
        browser.types("two")
        return str((await browser.hears("end"))["message"]), model.got.empty()

    # By then, the lease has run out.
    assert live(act, save_every_s=3600.0, lease_s=0.0) == (sessions.RUN_ENDED, True)
    assert "cut" in [event["what"] for event in Run.objects.get().events]


LOCKED, LOST = OperationalError("database is locked"), InterfaceError("the connection is lost")


@pytest.mark.parametrize(
    ("statement", "failures"),
    [
        ('SELECT "catalog_endpoint"', [LOCKED, LOST]),
        ('INTO "playground_run"', [LOCKED, LOST]),
        ('SELECT "playground_upload"', [LOCKED, LOST]),
        # The renewal in the background may meet one of the three failures.
        (RENEWS_THE_LEASE, [LOCKED, LOST, LOCKED]),
    ],
    ids=["endpoint", "begin", "uploads", "lease"],
)
def test_every_failed_database_query_is_retried(live, user, statement, failures):
    file = Upload.objects.create(
        user=user,
        digest="d",
        file="f",
        file_name="sea.png",
        content_type="image/png",
        size_bytes=1,
        upstream_url="https://v3.fal.media/sea.png",
        upstream_at=timezone.now(),
    )

    async def act(browser: Browser, model: Model) -> str:
        browser.types(file.get_absolute_url())
        sent = await model.got.get()
        model.says.put_nowait(picture(1))
        await browser.hears("text")
        return sent

    # SQLite inserts a run with INSERT OR IGNORE.
    with failing(*failures, where=lambda sql, _: statement in sql[: len(statement) + 20]) as left:
        assert live(act, retry_database_s=0.0, lease_s=0.0) == file.upstream_url
    assert left == []
    assert stored_pictures(Run.objects.get()) == ["1"]


def test_a_model_that_disconnects_ends_an_idle_session_at_once(live):
    async def act(browser: Browser, model: Model) -> str:
        browser.types("one")
        await model.got.get()
        model.says.put_nowait(picture(1))
        await browser.hears("text")
        model.says.put_nowait(None)
        return str((await browser.hears("end"))["message"])

    assert live(act) == relay.MODEL_ENDED
    assert stored_pictures(Run.objects.get()) == ["1"]
