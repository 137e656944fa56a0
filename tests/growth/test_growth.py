"""No way in takes more than about twice as long for twice the input, nor more than a second."""

from __future__ import annotations

import pytest

from tests.growth.measuring import Growth, WayIn, measure, slowness
from tests.growth.ways import WAYS

MOST_S = 1.0  # of the processor, for the largest input

pytestmark = pytest.mark.any_database


@pytest.mark.parametrize("way", [pytest.param(way, id=way.name) for way in WAYS])
def test_the_cost_of_a_way_in_grows_with_its_input(way: WayIn) -> None:
    growth = measure(way)
    assert growth.is_linear, growth
    assert growth.whole_s <= MOST_S * slowness(), growth


def test_a_quadratic_parser_is_noticed() -> None:
    def compares_each_with_each(numbers: list[int]) -> int:
        return sum(one == other for one in numbers for other in numbers)

    way = WayIn("compares", lambda size: [*range(size)], compares_each_with_each, 3000)
    assert not measure(way).is_linear
    assert Growth(way, 1.0, 2.0).is_linear
