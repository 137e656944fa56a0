"""What upstream says once, and takes back a moment later, ends no run; what it goes on saying does."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import pytest

from fal import Handle, Phase, Queue, Status
from playground import follower, lifecycle
from playground.models import Run
from playground.pacing import Pace
from tests import clock
from tests.playground.conftest import Ask, Control, Work, alone, ended

HANDLE = Handle.rebuilt("https://queue.test", "acme/quiet", "r1")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A follower that waits for less."""
    monkeypatch.setattr(follower, "POLL_FIRST_S", 0.01)
    monkeypatch.setattr(follower, "POLL_SLOWEST_S", 0.02)
    monkeypatch.setattr(follower, "LOST_AND_UNWANTED_S", 0.1)


@pytest.mark.parametrize("name", ["404", "409", "425", "302", "nginx"])
def test_a_result_that_is_refused_at_first_is_had(
    ask: Ask, work: Work, sandbox: Control, quick: None, name: str
) -> None:
    sandbox.fault("result", name, times=2)
    run = ask("mischief/slow", prompt="x", duration=0.1)
    work(lambda: ended(run))
    run.refresh_from_db()
    assert run.state == "succeeded", run.error
    assert sandbox.calls()["submit"] == 1


def test_a_request_that_upstream_does_not_know_for_a_moment_goes_on(
    ask: Ask, work: Work, sandbox: Control, quick: None
) -> None:
    sandbox.fault("status_stream", "404", times=2)
    sandbox.fault("status", "404", times=3)
    run = ask("mischief/slow", prompt="x", duration=0.5)
    work(lambda: ended(run))
    run.refresh_from_db()
    assert run.state == "succeeded", run.error


@pytest.mark.parametrize(("is_cancelled", "state"), [(False, "failed"), (True, "cancelled")])
def test_one_that_stays_unknown_is_over(
    ask: Ask,
    work: Work,
    sandbox: Control,
    quick: None,
    monkeypatch: pytest.MonkeyPatch,
    is_cancelled: bool,
    state: str,
) -> None:
    """A request that was cancelled in the queue is forgotten there."""
    monkeypatch.setattr(follower, "LOST_AFTER_S", 60.0 if is_cancelled else 0.2)
    for kind in ("status_stream", "status", "result"):
        sandbox.fault(kind, "404", times=10_000)
    run = ask("mischief/slow", prompt="x", duration=30)

    def is_over() -> bool:
        sent = Run.objects.filter(pk=run.pk, cancel_requested_at=None).exclude(handle=None)
        if is_cancelled and sent.exists():
            lifecycle.request_cancel(run.pk)
        return ended(run)

    work(is_over)
    run.refresh_from_db()
    assert run.state == state
    if not is_cancelled:
        assert run.error["type"] == "not_found"


def test_a_result_that_is_refused_again_and_again_is_given_up(
    ask: Ask, work: Work, sandbox: Control, quick: None
) -> None:
    sandbox.fault("result", "409", times=1000)
    run = ask("mischief/slow", prompt="x", duration=0.1)
    work(lambda: ended(run))
    run.refresh_from_db()
    assert (run.state, run.error["status"]) == ("failed", 409)
    assert sandbox.calls()["result"] >= follower.UNREADABLE_LIMIT


class Mute(Queue):
    """A queue whose status streams stay open after their first words; asked beside them, it has ended."""

    def __init__(self, first: Status, then: Status) -> None:
        self.first, self.then, self.streams = first, then, 0

    async def events(self, handle: Handle, *, logs: bool = True) -> AsyncGenerator[Status]:
        """The first status, and nothing after it."""
        self.streams += 1
        yield self.first
        await asyncio.Event().wait()

    async def status(self, handle: Handle, *, logs: bool = True) -> Status:
        """What it is now."""
        return self.then


@pytest.mark.parametrize(
    "first",
    [Status(Phase.IN_PROGRESS), Status(Phase.UNKNOWN, error="it failed", raw={"status": "FAILED"})],
)
def test_a_stream_that_never_says_the_end_is_not_waited_for_for_ever(
    monkeypatch: pytest.MonkeyPatch, first: Status
) -> None:
    monkeypatch.setattr(follower, "QUIET_S", 0.05)
    queue = Mute(first, Status(Phase.COMPLETED))

    async def told() -> list[Phase]:
        found = []
        async with aclosing(follower.statuses(uuid.uuid4(), HANDLE, queue, Pace())) as statuses:
            async for status in statuses:
                found.append(status.state)
                if status.is_completed:
                    break
        return found

    assert clock.run(told()) == [first.state, Phase.COMPLETED]
    assert queue.streams == 1


@pytest.mark.django_db(transaction=True)
def test_a_word_that_nobody_knows_with_an_error_ends_in_that_error(
    make_run: Any, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower, "POLL_SOON_S", 0.01)
    run = make_run(state="queued", handle=HANDLE.as_json(), request_id="r1")
    odd = Status(Phase.UNKNOWN, error="it failed", raw={"status": "FAILED"})
    asyncio.run(alone(follower.follow(run.pk, HANDLE, Mute(odd, odd), Pace())))
    run.refresh_from_db()
    assert (run.state, run.error["message"]) == ("failed", "it failed")
