"""The shapes of tiles on the wall."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from playground.display import wall

SIDES = st.integers(1, 20_000)


@given(SIDES, SIDES)
def test_the_nearest_shape_is_off_by_a_sixth_at_most(width: int, height: int) -> None:
    shape = wall.nearest_shape(width, height)
    ratio = width / height * 100
    if wall.SHAPES[0] <= ratio <= wall.SHAPES[-1]:
        assert 5 / 6 < shape / ratio < 6 / 5
    else:
        assert shape in (wall.SHAPES[0], wall.SHAPES[-1])


@given(SIDES, SIDES)
def test_a_taller_picture_has_no_wider_shape(width: int, height: int) -> None:
    assert wall.nearest_shape(width, height + 1) <= wall.nearest_shape(width, height)
