"""Measuring a model's price and its unit from its runs."""

from decimal import Decimal
from itertools import cycle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.spending.prices.measuring import PER_RUN, Measurement, Sample, measure

CLOSE = Decimal("0.05")


def sample(cost: str | Decimal, said: str | None = None, **more: Any) -> Sample:
    """Return a run with one picture of a megapixel, unless arguments say otherwise."""
    arguments = more.pop("arguments", {})
    if "worked" in more:
        more["compute seconds"] = more.pop("worked")
    amounts = {PER_RUN: 1, "images": 1, "megapixels": 1} | more
    return Sample(
        Decimal(cost),
        {unit: Decimal(str(amount)) for unit, amount in amounts.items()},
        arguments,
        None if said is None else Decimal(said),
    )


def measure_samples(samples: list[Sample], unit: str = PER_RUN) -> Measurement:
    measurement = measure(samples, unit)
    assert measurement is not None
    return measurement


def is_close(value: Decimal, price: Decimal) -> bool:
    return abs(value - price) <= CLOSE * price


prices = st.decimals("0.0001", "20", places=6)
wobbles = st.lists(st.decimals("0.97", "1.03", places=3), min_size=10, max_size=40)
counts = st.lists(st.integers(1, 4), min_size=40, max_size=40)


def test_without_runs_nothing_is_measured():
    assert measure([]) is None


@given(prices, wobbles, counts)
def test_a_constant_price_per_picture_is_within_5_percent_after_ten_runs(price, wobble, count):
    pairs = list(zip(wobble, count, strict=False))
    samples = [sample(price * w * n, images=n, megapixels=n) for w, n in pairs]
    own = measure_samples(samples, "images")
    if len({n for _, n in pairs}) > 1 or own.unit == "images":
        assert own.unit == "images"
    assert is_close(own.figures.median, price)


@given(prices, st.lists(st.sampled_from(["1K", "2K", "4K"]), min_size=10, max_size=60), counts)
def test_a_price_by_resolution_is_split_and_exact(price, resolutions, count):
    factor = {"1K": 1, "2K": 2, "4K": 4}
    samples = [
        sample(
            price * factor[resolution] * n,
            images=n,
            megapixels=Decimal(n) * factor[resolution] ** 2,
            arguments={"resolution": resolution, "num_images": str(n), "seeded": "false"},
        )
        for resolution, n in zip(resolutions, cycle(count), strict=False)
    ]
    own = measure_samples(samples, "images")
    for group in own.groups:
        if own.unit == "images" and "resolution" in group.arguments:
            due = price * factor[group.arguments["resolution"]]
            assert is_close(group.figures.median, due)


def test_mislabelled_compute_seconds_are_a_price_per_picture():
    """The list price is 98 times too low: runs cost the same however long they take."""
    samples = [
        sample("0.049", str(Decimal("0.0001") * worked), worked=worked)
        for worked in (4, 5, 7, 4, 9, 5, 6, 4, 5, 8)
    ]
    own = measure_samples(samples, "compute seconds")
    assert (own.unit, own.figures.median, own.is_useful) == ("images", Decimal("0.049"), True)


def test_true_compute_seconds_stay_what_they_are():
    samples = [
        sample(Decimal("0.0005") * worked, worked=worked)
        for worked in (4, 5, 7, 4, 9, 5, 6, 4, 5, 8)
    ]
    own = measure_samples(samples, "compute seconds")
    assert (own.unit, own.figures.median) == ("compute seconds", Decimal("0.0005"))


def test_one_bill_of_a_hundred_times_changes_nothing():
    costs = ["0.05"] * 6 + ["5"] + ["0.05"] * 3
    samples = [
        sample(cost, "0.05", arguments={"quality": quality})
        for cost, quality in zip(costs, cycle(["low", "high"]), strict=False)
    ]
    own = measure_samples(samples, "images")
    assert own.figures.median == Decimal("0.05")
    assert own.figures.high == 5
    assert not own.groups
    assert not own.is_useful


@pytest.mark.parametrize(
    ("count", "cost", "said", "is_used"),
    [
        (4, "0.10", "0.05", False),  # one run too few
        (5, "0.10", "0.05", True),
        (5, "0.06", "0.05", False),  # exactly 20 % more
        (5, "0.039", "0.05", True),  # cheaper than the list price
        (5, "0.05", None, True),  # without a list price
        (5, "0", "0", False),
        (5, "0", "0.05", False),  # free credits paid for these runs, and they will end
    ],
)
def test_a_measured_price_is_used_from_five_runs_and_twenty_percent(count, cost, said, is_used):
    assert measure_samples([sample(cost, said) for _ in range(count)]).is_useful is is_used


@given(
    st.lists(
        st.builds(
            Sample,
            st.decimals(0, 100, places=6),
            st.fixed_dictionaries(
                {PER_RUN: st.just(Decimal(1))},
                optional={
                    "images": st.decimals(1, 9, places=0),
                    "seconds": st.decimals("0.1", 90, places=1),
                },
            ),
            st.dictionaries(st.sampled_from("abcd"), st.sampled_from("xyz")),
            st.none() | st.decimals(0, 100, places=6),
        ),
        min_size=1,
        max_size=40,
    )
)
def test_any_runs_give_a_measurement(samples):
    own = measure_samples(samples)
    assert own.figures.low <= own.figures.median <= own.figures.high
    assert own.spread >= 0
    assert len({name for group in own.groups for name in group.arguments}) <= 3
    for group in own.groups:
        assert group.figures.count >= 2
        assert own.group_of(group.arguments) == group


def test_runs_of_one_size_leave_the_unit_of_the_list():
    """Runs of one size cannot tell a price per picture from one per megapixel."""
    runs = [sample("0.08", "0.05", images=1, megapixels=2) for _ in range(8)]
    assert measure_samples(runs, "megapixels").unit == "megapixels"
    assert measure_samples(runs, "images").unit == "images"


def test_a_price_has_to_give_the_bills_that_it_was_measured_from():
    scattered = [sample(cost, "0.05") for cost in ("0.01", "0.02", "0.05", "0.2", "0.9", "2")]
    assert not measure_samples(scattered, "images").is_useful
    right = [sample("0.05", "0.05") for _ in range(5)] + [sample("0.4", "0.05")]
    assert not measure_samples(right, "images").is_useful
