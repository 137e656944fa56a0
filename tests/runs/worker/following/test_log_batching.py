"""Thousands of log events become few observations; a new state passes through at once."""

import asyncio
from collections.abc import AsyncGenerator

from fal import LogLine, Phase, Status
from runs.worker.following.log_batching import BATCH_S, batch_logs
from tests import clock


def line(number: int) -> LogLine:
    return LogLine(f"step {number}", "INFO", "", f"2026-01-01T00:00:{number:06}")


def batches_of(*events: Status | float | Exception) -> list[tuple[float, Status]]:
    """Return the statuses yielded for these events, with their seconds; a number is a pause."""

    async def upstream() -> AsyncGenerator[Status]:
        for event in events:
            if isinstance(event, Exception):
                raise event
            if isinstance(event, Status):
                yield event
            else:
                await asyncio.sleep(event)

    async def main() -> list[tuple[float, Status]]:
        return [(clock.now(), status) async for status in batch_logs(upstream())]

    return clock.run(main())


def running(*lines: int) -> Status:
    return Status(Phase.IN_PROGRESS, logs=[line(n) for n in lines])


def test_thousands_of_log_events_are_batched_into_few_statuses():
    events: list[Status | float] = []
    for n in range(3000):
        events += [running(n), 0.0] if n % 50 else [running(n), 0.01]
    batches = batches_of(*events, Status(Phase.COMPLETED))
    assert [log_line.message for _, status in batches for log_line in status.logs] == [
        f"step {n}" for n in range(3000)
    ]
    assert len(batches) <= 2 + batches[-1][0] / BATCH_S


def test_a_new_state_or_position_is_passed_on_at_once():
    events: list[Status | float] = [
        Status(Phase.IN_QUEUE, queue_position=2),
        0.02,
        Status(Phase.IN_QUEUE, queue_position=1),
        0.02,
        running(1),
        0.02,
        Status(Phase.COMPLETED),
    ]
    batches = batches_of(*events)
    assert [status.state for _, status in batches] == [
        Phase.IN_QUEUE,
        Phase.IN_QUEUE,
        Phase.IN_PROGRESS,
        Phase.COMPLETED,
    ]
    assert batches[-1][0] < 0.15


def test_log_lines_repeated_by_polls_are_passed_on_once():
    batches = batches_of(
        running(1, 2), 0.3, running(1, 2), 0.3, running(1, 2, 3), Status(Phase.COMPLETED)
    )
    assert [len(status.logs) for _, status in batches] == [2, 1]


def test_the_first_log_line_after_a_silence_and_the_last_are_passed_on_soon():
    batches = batches_of(
        running(1), 0.5, running(2), 0.05, running(3), 0.5, Status(Phase.COMPLETED)
    )
    assert [[log_line.message for log_line in status.logs] for _, status in batches] == [
        ["step 1"],
        ["step 2"],
        ["step 3"],
        [],
    ]
    assert batches[1][0] < 0.6
