"""Announced partial outputs: their versions rise with the row's, and a run's end removes them.

Lines of a log, as a terminal would show them.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.models import Run
from runs.progress import live_partials
from runs.progress.live_partials import parse_version, version_text
from runs.progress.shown_log import shown_log
from tests.tables import each_row

pytestmark = pytest.mark.any_database


def message(run: Run, number: int, output: Any) -> bytes:
    return run.pk.bytes + number.to_bytes(4, "big") + json.dumps(output).encode()


@given(st.integers(0, 10**12))
def test_a_version_round_trips_through_text(version: int) -> None:
    assert parse_version(version_text(version)) == version


@pytest.mark.parametrize("text", ["", "x", "1.x", "1.2.3"])
def test_malformed_versions_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="int"):
        parse_version(text)


def test_the_newest_partial_output_is_the_last_message() -> None:
    run = Run(state=Run.State.RUNNING, version=3, partial={"output": "He"})
    assert live_partials.newest(run) == ({"output": "He"}, "3")
    for number, text in ((1, "Hell"), (2, "Hello")):
        assert live_partials.receive(message(run, number, {"output": text})) == run.pk
    assert live_partials.newest(run) == ({"output": "Hello"}, "3.000002")
    run.state = Run.State.CANCELLED
    assert live_partials.newest(run) == ({"output": "He"}, "3")


def test_only_the_latest_runs_are_kept() -> None:
    runs = [Run() for _ in range(live_partials.MAX_RUNS + 1)]
    for run in runs:
        live_partials.receive(message(run, 1, "x"))
    assert [live_partials.number_of(run.pk) for run in (runs[0], runs[-1])] == [0, 1]


LOGS: list[tuple[list[str], list[str]]] = [
    (["Loading \x1b[1;32mmodel\x1b[0m"], ["Loading model"]),
    (["\r0%| | 0/3\r33%|# | 1/3\r100%|###| 3/3"], ["100%|###| 3/3"]),
    (["\r 10%", "\r 20%", "\r 30%\n", "done"], [" 30%\n", "done"]),
    (["a", "10%", "\x1b[A\x1b[2K20%", "\x1b[1A\r30%"], ["a", "30%"]),
    (["a", "b", "c", "\x1b[2Ab, again"], ["a", "b, again"]),
    (["\x1b[9Afirst"], ["first"]),
    (["\x1b[2K", "", "\x1b]0;title\x07\x1b(Bx\x08\x1b"], ["", "x"]),
    (["one\r\ntwo\r\n", "20 % \\r [1;32m"], ["one\ntwo\n", "20 % \\r [1;32m"]),
]


@each_row("messages, shown", LOGS)
def test_a_line_is_shown_in_its_last_state(messages: list[str], shown: list[str]) -> None:
    lines = shown_log({"message": message, "level": "INFO"} for message in messages)
    assert lines == [{"message": message, "level": "INFO"} for message in shown]
