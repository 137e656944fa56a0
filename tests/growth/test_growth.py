"""No entry point takes much more than twice as long for twice the input, or over a second."""

import pytest

from tests.growth.measuring import Growth, WayIn, measure, slowness
from tests.growth.ways import WAYS
from tests.sampling import sample

MOST_S = 1.0  # seconds of processor time for the largest input

pytestmark = pytest.mark.any_database


@pytest.mark.parametrize(
    "way", sample([pytest.param(way, id=way.name) for way in WAYS], 8, by_seed=4)
)
def test_the_cost_of_each_entry_point_grows_linearly(way):
    growth = measure(way)
    assert growth.is_linear, growth
    assert growth.whole_s <= MOST_S * slowness(), growth


def test_a_non_linear_parser_is_detected():
    def compares_each_with_each_twice(numbers: list[int]) -> int:
        return sum(a == b == c for a in numbers for b in numbers for c in numbers)

    way = WayIn("compares", lambda size: [*range(size)], compares_each_with_each_twice, 160)
    assert not measure(way).is_linear
    assert not Growth(way, 1.0, 4.0).is_linear
    assert Growth(way, 1.0, 2.0).is_linear
