"""Sets of places behave as sets do, at any size."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from catalog.finding import bitmaps

sized = st.integers(1, 400).flatmap(
    lambda size: st.tuples(
        st.just(size), st.sets(st.integers(0, size - 1)), st.sets(st.integers(0, size - 1))
    )
)


@given(sized)
def test_and_or_count_and_places_are_those_of_sets(drawn: tuple[int, set[int], set[int]]) -> None:
    size, one, other = drawn
    a, b = bitmaps.of(list(one), size), bitmaps.of(list(other), size)
    assert bitmaps.places(a & b, size) == sorted(one & other)
    assert bitmaps.places(a | b, size) == sorted(one | other)
    assert (bitmaps.everything(size) ^ a).bit_count() == size - len(one)
    assert [place for place, flag in enumerate(bitmaps.flags(a, size)) if flag] == sorted(one)


def test_nothing_is_in_an_empty_catalogue() -> None:
    assert bitmaps.places(bitmaps.everything(0), 0) == []
