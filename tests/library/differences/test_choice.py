"""Two runs are given by their ids or by addresses; whatever else is given is said at its place."""

from __future__ import annotations

import uuid

import pytest

from library.differences.choice import choice_of

pytestmark = pytest.mark.any_database

A, B, C = (str(uuid.UUID(int=number, version=4)) for number in (1, 2, 3))
NO_RUN = "This is no run. Paste the address of a run's page."


def test_two_runs_are_given_by_id_or_by_address() -> None:
    keys = (uuid.UUID(A), uuid.UUID(B))
    assert choice_of([A, B]).keys == keys
    assert choice_of([f" https://vitrine.example/runs/{A}/?x=1 ", B.upper()]).keys == keys
    assert choice_of(["", f"/runs/{A}/", "", B]).keys == keys


def test_nothing_given_is_no_mistake() -> None:
    assert choice_of([]).keys is None
    assert not choice_of(["", " "]).is_wrong


@pytest.mark.parametrize(
    ("texts", "error", "errors"),
    [
        ([A], "", ["", "Choose a second run."]),
        (["x"], "", [NO_RUN, ""]),
        ([A, "x"], "", ["", NO_RUN]),
        ([f"{A}0", f"/models/{B}/"], "", [NO_RUN, NO_RUN]),
        ([A, A.upper()], "", ["", "This is the same run as the first. Choose another one."]),
        ([A, B, C], "Two runs can be compared, and 3 were chosen.", ["", ""]),
    ],
)
def test_mistakes_are_said(texts: list[str], error: str, errors: list[str]) -> None:
    choice = choice_of(texts)
    assert choice.keys is None
    assert choice.is_wrong
    assert (choice.error, [entry.error for entry in choice.entries]) == (error, errors)
    assert [entry.text for entry in choice.entries][: len(texts)] == texts[:2]
