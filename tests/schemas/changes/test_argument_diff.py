"""Two inputs: exactly the values that differ are named, wherever they are."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import MISSING
from schemas.changes.argument_diff import Change, diff_arguments
from schemas.exact import identical

pytestmark = pytest.mark.any_database

SCALARS = st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from([0.0, 1.0, "", "a"])
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=8,
)
ARGUMENTS = st.dictionaries(st.sampled_from("xyz"), JSON, max_size=3)


def applied(changes: list[Change], value: Any) -> Any:
    """The value with these changes; entries that are gone are at the ends of their lists."""
    holder = {"input": deepcopy(value)}
    for path, _, after in sorted(changes, key=lambda change: change.after is MISSING):
        *above, last = ("input", *path)
        place: Any = holder
        for part in above:
            place = place[part]
        if isinstance(place, list):
            at = int(last)
            place[at:] = [] if after is MISSING else [after, *place[at + 1 :]]
        elif after is MISSING:
            del place[last]
        else:
            place[last] = after
    return holder["input"]


def test_nested_values_are_compared_one_by_one() -> None:
    before = {"prompt": "a cat", "size": {"width": 4, "height": 3}, "loras": ["a"], "seed": 1}
    after = {"prompt": "a cat", "size": {"width": 8, "height": 3}, "loras": ["a", "b"], "n": None}
    assert list(diff_arguments(before, after)) == [
        Change(("size", "width"), 4, 8),
        Change(("loras", 1), MISSING, "b"),
        Change(("seed",), 1, MISSING),
        Change(("n",), MISSING, None),
    ]


def test_numbers_of_different_types_differ() -> None:
    assert list(diff_arguments({"x": 1}, {"x": 1.0})) == [Change(("x",), 1, 1.0)]
    assert list(diff_arguments({"x": 1}, {"x": True})) == [Change(("x",), 1, True)]


@given(ARGUMENTS, ARGUMENTS)
def test_applied_changes_turn_one_input_into_the_other(before: Any, after: Any) -> None:
    assert identical(applied(list(diff_arguments(before, after)), before), after)


@given(ARGUMENTS, ARGUMENTS)
def test_the_other_way_round_the_same_values_differ(before: Any, after: Any) -> None:
    forth = {(path, repr(old), repr(new)) for path, old, new in diff_arguments(before, after)}
    back = {(path, repr(new), repr(old)) for path, old, new in diff_arguments(after, before)}
    assert forth == back


@given(ARGUMENTS)
def test_an_input_does_not_differ_from_itself(value: Any) -> None:
    assert not list(diff_arguments(value, deepcopy(value)))


def test_what_is_nested_too_deeply_is_one_change() -> None:
    deep: Any = "x"
    for _ in range(5000):
        deep = [deep]
    assert list(diff_arguments({"x": 1}, deep)) == [Change((), {"x": 1}, deep)]
