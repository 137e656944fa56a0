"""An answer that upstream corrects a moment later ends no run.

An answer that it repeats does.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from fal import Handle, Phase, Queue, RequestRejected, Status
from runs.models import Run
from runs.state import state_machine
from runs.worker.circuit_breaker import BreakerRegistry
from runs.worker.following import follow, status_polling
from runs.worker.following.context import FollowContext
from runs.worker.limits import PATIENCE, Patience
from tests import clock
from tests.runs.conftest import Ask, Control, Work, alone, have_ended

pytestmark = [pytest.mark.any_database, pytest.mark.system]
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


@pytest.mark.parametrize(("is_cancelled", "state"), [(False, "failed"), (True, "cancelled")])
def test_a_request_that_stays_unknown_to_upstream_ends(
    ask: Ask,
    work: Work,
    sandbox: Control,
    is_cancelled: bool,
    state: str,
) -> None:
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


def test_a_result_refused_repeatedly_is_abandoned(ask: Ask, work: Work, sandbox: Control) -> None:
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


@pytest.mark.parametrize(
    "first",
    [Status(Phase.IN_PROGRESS), Status(Phase.UNKNOWN, error="it failed", raw={"status": "FAILED"})],
)
def test_a_stream_without_an_end_is_not_awaited_forever(first: Status) -> None:
    queue = Mute(first, Status(Phase.COMPLETED))

    assert clock.run(phases(queue, patience=Patience(quiet_s=0.05))) == [
        first.state,
        Phase.COMPLETED,
    ]
    assert queue.streams == 1


def test_a_long_run_has_one_stream_and_few_polls_beside_it() -> None:
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


@pytest.mark.django_db(transaction=True)
def test_a_request_unknown_once_but_reported_since_is_not_lost(make_run: Any) -> None:
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


@pytest.mark.django_db(transaction=True)
def test_an_unknown_status_with_an_error_fails_with_that_error(make_run: Any) -> None:
    patience = replace(QUICK, poll_soon_s=0.01)
    run = make_run(state="queued", handle=HANDLE.as_json(), request_id="r1")
    odd = Status(Phase.UNKNOWN, error="it failed", raw={"status": "FAILED"})
    upstream: Any = SimpleNamespace(queue=Mute(odd, odd))
    asyncio.run(
        alone(follow.follow(run.pk, HANDLE, upstream, FollowContext(BreakerRegistry()), patience))
    )
    run.refresh_from_db()
    assert (run.state, run.error["message"]) == ("failed", "it failed")
