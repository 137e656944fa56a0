"""The descent of runs as a tree: every run has one place, and no branch leads back to itself."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.library.descent import Branch, tree_of

pytestmark = pytest.mark.any_database


def draw_tree(branches: Any) -> list[str]:
    """Return the tree as indented lines, with a mark where a run appears again."""
    return [
        line
        for branch in branches
        for line in (
            f"{branch.key}{'*' if branch.is_again else ''}",
            *(f" {below}" for below in draw_tree(branch.branches)),
        )
    ]


def edges(branches: Any) -> Iterator[tuple[Any, Any]]:
    for branch in branches:
        for below in branch.branches:
            yield below.key, branch.key
        yield from edges(branch.branches)


def all_branches(branches: Any) -> Iterator[Branch[Any]]:
    for branch in branches:
        yield branch
        yield from all_branches(branch.branches)


def test_a_chain_runs_straight_down() -> None:
    assert draw_tree(tree_of({"upload": [], "edit": ["upload"], "film": ["edit"]})) == [
        "upload",
        " edit",
        "  film",
    ]


def test_what_was_made_of_two_things_has_its_branches_once() -> None:
    made_of = {"face": [], "style": [], "edit": ["face", "style"], "film": ["edit"]}
    assert draw_tree(tree_of(made_of)) == ["face", " edit", "  film", "style", " edit*"]


def test_a_circle_is_cut() -> None:
    assert draw_tree(tree_of({"a": ["b"], "b": ["a"]})) == ["a", " b", "  a*"]
    assert draw_tree(tree_of({"a": ["a"]})) == ["a", " a*"]


@st.composite
def graphs(draw: st.DrawFn) -> dict[int, list[int]]:
    keys = range(draw(st.integers(1, 7)))
    return {key: draw(st.lists(st.sampled_from(keys), unique=True, max_size=3)) for key in keys}


@given(graphs())
def test_everything_has_one_place_and_no_origin_is_lost(made_of: dict[int, list[int]]) -> None:
    tree = tree_of(made_of)
    first = [branch.key for branch in all_branches(tree) if not branch.is_again]
    assert sorted(first) == sorted(made_of)
    assert all(not branch.branches for branch in all_branches(tree) if branch.is_again)
    assert sorted(edges(tree)) == sorted(
        (key, source) for key, sources in made_of.items() for source in sources
    )
