"""An answer that upstream corrects a moment later ends no run.

An answer that it repeats does.
"""

import asyncio
import uuid
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from django.test import Client
from django.urls import reverse

import fal
from catalog.models import Endpoint
from fal import Handle, LogLine, Phase, Queue, RequestRejected, Status
from runs.models import Run, Transport
from runs.results import timeline
from runs.state import state_machine
from runs.worker.circuit_breaker import BreakerRegistry
from runs.worker.following import follow, status_polling
from runs.worker.following.context import FollowContext
from runs.worker.following.status_polling import EVENTS_IN_A_ROW, statuses
from runs.worker.limits import PATIENCE, DirectLimits, Patience, WorkerLimits
from tests import clock
from tests.runs.conftest import Control, Work, alone, have_ended
from tests.runs.start.started import start_run
from tests.sampling import sample
from tests.statements import failing

HANDLE = Handle.rebuilt("https://queue.test", "acme/quiet", "r1")
UNKNOWN = uuid.UUID(int=0)
# A follower with short waits.
QUICK = Patience(
    poll_first_s=0.01,
    poll_slowest_s=0.02,
    fetch_first_s=0.01,
    fetch_slowest_s=0.02,
    lost_and_unwanted_s=0.1,
)


@pytest.mark.any_database
@pytest.mark.system
@pytest.mark.parametrize(("is_cancelled", "state"), [(False, "failed"), (True, "cancelled")])
def test_a_request_that_stays_unknown_to_upstream_ends(ask, work, sandbox, is_cancelled, state):
    """Upstream forgets a request that was cancelled in its queue."""
    patience = replace(QUICK, lost_after_s=60.0 if is_cancelled else 0.2)
    for kind in ("status_stream", "status", "result"):
        sandbox.fault(kind, "404", times=10_000)
    run = ask("mischief/slow", prompt="x", duration=30)

    def is_over() -> bool:
        sent = Run.objects.filter(pk=run.pk, cancel_requested_at=None).exclude(handle=None)
        if is_cancelled and sent.exists():
            state_machine.request_cancel(run.pk)
        return have_ended(run)

    work(is_over, patience=patience)
    run.refresh_from_db()
    assert run.state == state
    if not is_cancelled:
        assert run.error["type"] == "not_found"


@pytest.mark.any_database
@pytest.mark.system
def test_a_result_refused_repeatedly_is_abandoned(ask, work, sandbox):
    patience = replace(QUICK, unreadable_limit=2)
    sandbox.fault("result", "409", times=1000)
    run = ask("mischief/slow", prompt="x", duration=0.1)
    work(lambda: have_ended(run), patience=patience)
    run.refresh_from_db()
    assert (run.state, run.error["status"]) == ("failed", 409)
    assert sandbox.calls()["result"] > patience.unreadable_limit


class Mute(Queue):
    """A queue whose status streams stay open after the first status.

    A poll says that the request has ended.
    """

    def __init__(self, first: Status, then: Status) -> None:
        self.first, self.then, self.streams, self.polls = first, then, 0, 0

    async def events(self, handle: Handle, *, logs: bool = True) -> AsyncGenerator[Status]:
        """Yield the first status, and nothing after it."""
        self.streams += 1
        yield self.first
        await asyncio.Event().wait()

    async def status(self, handle: Handle, *, logs: bool = True) -> Status:
        """Return the current status."""
        self.polls += 1
        return self.then


async def phases(
    queue: Queue,
    loss: status_polling.NotFoundGrace | None = None,
    patience: Patience = PATIENCE,
    pk: uuid.UUID = UNKNOWN,
) -> list[Phase]:
    """The phases that a follower receives, up to the end."""
    states = []
    found_by = status_polling.statuses(
        pk, HANDLE, queue, FollowContext(BreakerRegistry()), loss, patience
    )
    async with aclosing(found_by) as statuses:
        async for status in statuses:
            states.append(status.state)
            if status.is_completed:
                break
    return states


@pytest.mark.any_database
@pytest.mark.system
def test_a_long_run_has_one_stream_and_few_polls_beside_it():
    """Goal G2, in ten minutes without an event: polls after one, three and seven minutes."""

    class Long(Mute):
        async def events(self, handle: Handle, *, logs: bool = True) -> AsyncGenerator[Status]:
            self.streams += 1
            yield self.first
            await asyncio.sleep(600)
            yield Status(Phase.COMPLETED)

    queue = Long(Status(Phase.IN_PROGRESS), Status(Phase.IN_PROGRESS))
    assert clock.run(phases(queue))[-1] is Phase.COMPLETED
    assert (queue.streams, queue.polls) == (1, 3)


@pytest.mark.any_database
@pytest.mark.system
@pytest.mark.django_db(transaction=True)
def test_a_request_unknown_once_but_reported_since_is_not_lost(make_run):
    run = make_run(state="running", handle=HANDLE.as_json(), request_id="r1")
    unknown = RequestRejected("no such request", status=404, detail="no such request")

    class Lagging(Mute):
        async def events(self, handle: Handle, *, logs: bool = True) -> AsyncGenerator[Status]:
            self.streams += 1
            if self.streams == 1:
                raise unknown
            yield self.first
            await asyncio.sleep(50)
            yield Status(Phase.COMPLETED)

        async def status(self, handle: Handle, *, logs: bool = True) -> Status:
            self.polls += 1
            raise unknown

    async def is_lost() -> None:
        loss = status_polling.NotFoundGrace(run.pk)
        queue = Lagging(Status(Phase.IN_PROGRESS), Status(Phase.IN_PROGRESS))
        assert await phases(queue, loss, pk=run.pk) == [Phase.IN_PROGRESS, Phase.COMPLETED]
        assert queue.polls
        assert not await loss.record(unknown)

    clock.run(alone(is_lost()))


@pytest.mark.any_database
@pytest.mark.system
@pytest.mark.django_db(transaction=True)
def test_an_unknown_status_with_an_error_fails_with_that_error(make_run):
    patience = replace(QUICK, poll_soon_s=0.01)
    run = make_run(state="queued", handle=HANDLE.as_json(), request_id="r1")
    odd = Status(Phase.UNKNOWN, error="it failed", raw={"status": "FAILED"})
    upstream: Any = SimpleNamespace(queue=Mute(odd, odd))
    asyncio.run(
        alone(follow.follow(run.pk, HANDLE, upstream, FollowContext(BreakerRegistry()), patience))
    )
    run.refresh_from_db()
    assert (run.state, run.error["message"]) == ("failed", "it failed")


AGAIN_SOON = WorkerLimits(renew_every_s=0.1)


def cancel_once_running(run: Run) -> Callable[[], bool]:
    """Return a function that cancels the run once it is running, and says whether it has ended."""
    is_running = Run.objects.filter(pk=run.pk, state="running", cancel_requested_at=None)

    def is_over() -> bool:
        if is_running.exists():
            state_machine.request_cancel(run.pk)
        return have_ended(run)

    return is_over


@pytest.mark.any_database
def test_a_cancelled_run_whose_result_never_comes_fails_early(ask, work, sandbox):
    sandbox.fault("result", "500", times=1000)
    run = ask("mischief/slow", prompt="x", duration=0.1)

    def is_over() -> bool:
        if sandbox.calls().get("result", 0) > 2:
            state_machine.request_cancel(run.pk)
        return have_ended(run)

    patience = Patience(fetch_first_s=0.01, fetch_slowest_s=0.05, unwanted_s=0.3)
    work(is_over, patience=patience)
    run.refresh_from_db()
    assert run.state == "failed"
    assert run.error["status"] == 500


class Over(fal.Queue):
    """A queue that answers a cancel by saying that the request had ended."""

    def __init__(self) -> None:  # a queue without a connection
        pass

    async def cancel(self, handle: fal.Handle) -> fal.Cancellation:
        """Answer as in C22."""
        return fal.Cancellation.ALREADY_COMPLETED

    async def result(self, handle: fal.Handle) -> fal.Result:
        """Return the request's output."""
        return fal.Result({"text": "x"}, "")


@pytest.mark.django_db(transaction=True)
def test_c22_a_cancel_after_the_end_fetches_the_result(make_run):
    """Even if the status stream never reports the end."""
    run = make_run(state="running", handle=HANDLE.as_json(), request_id="r1")
    clients: Any = SimpleNamespace(queue=Over())
    asyncio.run(
        alone(follow.cancel(run.pk, clients, BreakerRegistry(), Patience(fetch_first_s=0.01)))
    )
    run.refresh_from_db()
    assert (run.state, run.output) == ("succeeded", {"text": "x"})


def test_a_cancel_during_a_database_outage_is_repeated(ask, work):
    run = ask("mischief/slow", prompt="x", duration=30)
    begins = 'SELECT "playground_run"."handle"'  # a cancel begins with this statement
    away = OperationalError("the server closed the connection")
    with failing(away, where=lambda sql, _: sql.startswith(begins)) as left:
        work(cancel_once_running(run), worker_limits=AGAIN_SOON)
    run.refresh_from_db()
    assert (run.state, left) == ("cancelled", [])


def test_a_cancel_that_upstream_refuses_is_reported_and_repeated(ask, work, sandbox):
    sandbox.fault("cancel", "500", times=3)
    run = ask("mischief/slow", prompt="x", duration=30)
    work(cancel_once_running(run), worker_limits=AGAIN_SOON)
    run.refresh_from_db()
    assert run.state == "cancelled"
    moments = [moment for moment in timeline.moments(run) if "cancel" in moment.what]
    assert [moment.what for moment in moments] == [
        "Upstream did not accept the cancellation, asked again"
    ]
    assert moments[0].detail.startswith("Upstream answered 500")


@pytest.mark.any_database
@pytest.mark.system
def test_an_unreadable_result_ends_the_run_and_is_stored(ask, work, sandbox):
    sandbox.fault("result", "words", times=100)
    sandbox.fault("requests", "404", times=100)  # upstream's list of requests cannot help either
    run = ask("mischief/slow", prompt="x", duration=0.1)
    work(lambda: have_ended(run), patience=replace(QUICK, list_pauses_s=(0.0, 0.1)))
    run.refresh_from_db()
    assert (run.state, run.error["error"]) == ("failed", "Unreadable")
    assert run.error["detail"]["body"] == "Here you are: a lighthouse."
    assert (run.billable_units, bool(run.request_id), run.note) == ("1", True, "")
    assert sandbox.calls()["submit"] == 1


FLOODS = 9
TURNS = 20  # turns of the event loop in which a short run is sent, followed and fetched
FLOOD = 100_000


class Flood(Queue):
    """A queue whose status streams never pause."""

    def __init__(self) -> None:
        self.told = 0

    async def events(self, handle: Handle, *, logs: bool = True) -> AsyncGenerator[Status]:
        """Yield events without waiting between them."""
        for number in range(FLOOD):
            self.told += 1
            yield Status(Phase.IN_PROGRESS, logs=[LogLine(f"step {number}", "INFO", "", "")])
        yield Status(Phase.COMPLETED)


def test_streams_without_a_pause_leave_turns_to_other_tasks():
    queue, context = Flood(), FollowContext(BreakerRegistry())

    async def follow(number: int) -> None:
        handle = Handle.rebuilt("https://queue.test", "acme/flood", f"r{number}")
        async with aclosing(statuses(uuid.uuid4(), handle, queue, context)) as observed:
            async for status in observed:
                if status.is_completed:
                    return

    async def main() -> int:
        floods = [asyncio.create_task(follow(number)) for number in range(FLOODS)]
        for _ in range(TURNS):
            await asyncio.sleep(0)
        statuses_sent = queue.told
        for flood in floods:
            flood.cancel()
        await asyncio.gather(*floods, return_exceptions=True)
        return statuses_sent

    assert 0 < clock.run(main()) <= EVENTS_IN_A_ROW * (FLOODS + TURNS)


class Polled(Queue):
    """A queue without status streams."""

    def __init__(self) -> None:
        self.polls = 0

    async def events(self, handle: Handle, *, logs: bool = True) -> AsyncGenerator[Status]:
        """There are none."""
        raise RequestRejected("no streams here", status=405)
        yield

    async def status(self, handle: Handle, *, logs: bool = True) -> Status:
        """The run is running."""
        self.polls += 1
        return Status(Phase.IN_PROGRESS)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("address", "least", "most"), [("", 20, 60), ("https://vitrine.example", 1, 10)]
)
def test_a_run_with_a_webhook_is_rarely_polled(settings, make_run, address, least, most):
    """A run of two minutes without status streams.

    The periodic sweep finds a lost webhook.
    """
    settings.PUBLIC_URL = address
    queue, run = Polled(), make_run(state="running")

    async def main() -> None:
        handle = Handle.rebuilt("https://queue.test", "acme/polled", "r")
        with suppress(TimeoutError):
            async with (
                asyncio.timeout(120),
                aclosing(
                    statuses(run.pk, handle, queue, FollowContext(BreakerRegistry()))
                ) as observed,
            ):
                async for _ in observed:
                    continue

    clock.run(alone(main()))
    assert least <= queue.polls <= most


def cancel_after_failed_fetches(run: Run, sandbox: Control) -> Callable[[], bool]:
    """Return a function that cancels the run after failed fetches; it says whether it has ended."""

    def is_over() -> bool:
        if sandbox.calls().get("result", 0) > 2:
            state_machine.request_cancel(run.pk)
        return have_ended(run)

    return is_over


@pytest.mark.any_database
def test_a_cancelled_run_still_gets_a_result_that_exists(ask, work, sandbox):
    sandbox.fault("result", "500", times=8)
    run = ask("mischief/slow", prompt="x", duration=0.1)

    patience = Patience(fetch_first_s=0.01, fetch_slowest_s=0.05)
    work(cancel_after_failed_fetches(run, sandbox), patience=patience)
    run.refresh_from_db()
    assert run.state == "succeeded", run.error


WAYS = {Transport.QUEUE: "result", Transport.SYNC: "run", Transport.WEBSOCKET: "run"}


@pytest.fixture
def finish_run(work: Work, sandbox: Control, transactional_db: None) -> Any:
    """`finish_run(transport, fault)` → an ended run with such a result, and its files."""
    pauses_s = (0.0, 0.1)
    patience = Patience(fetch_first_s=0.01, fetch_slowest_s=0.02, list_pauses_s=pauses_s)
    limits = WorkerLimits(direct=DirectLimits(list_pauses_s=pauses_s))
    user = User.objects.create_user("ana")

    def make(transport: str, fault: str) -> Run:
        sandbox.fault(WAYS[Transport(transport)], fault, times=100)
        run, _ = start_run(
            user=user,
            endpoint=Endpoint.objects.get(endpoint_id="mischief/slow"),
            key=uuid.uuid4().hex,
            transport=transport,
            arguments={"prompt": "x", "duration": 0.1},
        )

        def is_over() -> bool:
            run.refresh_from_db()
            return run.is_final and not run.artifacts.filter(state="remote").exists()

        work(is_over, patience=patience, worker_limits=limits)
        return run

    return make


@pytest.mark.usefixtures("catalogue")
@pytest.mark.any_database
@pytest.mark.system
@pytest.mark.parametrize("transport", sample([*WAYS], 1, by_seed=0))
def test_an_unreadable_result_is_taken_from_upstreams_list(finish_run, transport):
    run = finish_run(transport, "words")
    assert (run.state, run.error, run.billable_units) == ("succeeded", None, "1")
    assert run.artifacts.get().state == "stored"


@pytest.mark.usefixtures("catalogue")
@pytest.mark.any_database
@pytest.mark.system
@pytest.mark.parametrize("transport", sample([*WAYS], 1, by_seed=0))
def test_numbers_outside_json_are_stored_literally(finish_run, transport):
    run = finish_run(transport, "odd-numbers")
    assert (run.state, run.output) == ("succeeded", {"score": None, "most": None, "half": 0.5})
    page = Client()
    page.force_login(run.user)
    file = page.get(reverse("playground:run-output", args=[run.pk]))
    assert file.getvalue() == b'{"score": NaN, "most": 1E400, "half": 0.50}'
    assert "cannot be shown exactly" in page.get(run.get_absolute_url()).content.decode()
