"""The price of a typical run follows from a model's facts alone, as it does from its schema."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas import build, contract
from schemas.estimate import Model, Price, Usual, estimate, read_usual, typical
from schemas.facts.capabilities import read_capabilities
from tests.conftest import DATA
from tests.tables import each_row

PATHS = sorted((DATA / "openapi").glob("*.json"))


@each_row(
    ("facts", "price", "unit", "sentence", "per"),
    [
        ("out:image", "0.04", "images", "about $0.04", "image"),
        ("out:image usual-outputs:4", "0.04", "images", "about $0.16", "4 images"),
        ("out:image usual-megapixels:0.786", "0.025", "megapixels", "about $0.02", "image"),
        ("out:image", "0.025", "megapixels", "about $0.026", "image"),
        ("out:image usual-outputs:2", "0.025", "megapixels", "about $0.052", "2 images"),
        ("out:video default-duration:8", "0.05", "seconds", "about $0.40", "8 s"),
        ("out:video", "0.05", "seconds", "about $0.25", "5 s"),
        ("out:video default-duration:10", "0.5", "5 seconds", "about $1.00", "10 s"),
        ("out:audio", "0.06", "minutes", "about $0.03", "30 s"),
        ("out:video", "0.28", "videos", "about $0.28", "video"),
        ("out:video usual-frames:81 usual-megapixels:0.5", "0.002", "megapixels",
         "about $0.081", "video"),
        ("out:lora usual-steps:2000", "0.0024", "steps", "about $4.80", "2,000 steps"),
        ("out:lora", "0.0024", "steps", "about $2.40", "1,000 steps"),
        ("out:audio", "0.1", "1000 characters", "about $0.10", "1,000 characters"),
        ("out:text", "0.5", "1m tokens", "about $0.0005", "1,000 tokens"),
        ("out:image", "0.01", "", "about $0.01", "run"),
        ("out:image", "1", "units", "Price unknown", ""),
        ("out:image", "0.001", "compute seconds", "Price unknown", "run"),
        ("out:image", "0", "units", "Free", ""),
    ],
)  # fmt: skip
def test_a_typical_run_is_priced_by_the_facts(
    facts: str, price: str, unit: str, sentence: str, per: str
) -> None:
    typical_run = typical(Price(Decimal(price), unit), read_usual(facts.split()))
    assert (typical_run.estimate.words, typical_run.per) == (sentence, per)


def test_a_length_that_is_asked_for_replaces_the_usual_one() -> None:
    usual = read_usual(["out:video", "default-duration:5"])
    by_second = typical(Price(Decimal("0.0205"), "seconds"), usual, seconds=10)
    by_video = typical(Price(Decimal("0.0223"), "videos"), usual, seconds=10)
    assert by_second.estimate.words == "about $0.21"
    assert by_video.estimate.words == "about $0.022"
    assert (by_second.rate, by_second.length_s, by_video.rate) == (
        Decimal("0.0205"),
        Decimal(10),
        None,
    )


def test_compute_seconds_use_upstreams_expected_time() -> None:
    typical_run = typical(Price(Decimal("0.001"), "compute seconds"), Usual(), expected_s=30)
    assert (typical_run.estimate.words, typical_run.per) == ("about $0.03", "run")


@each_row("path", PATHS)
@each_row("unit", ["images", "seconds", "steps", "megapixels", "videos"])
def test_stored_facts_equal_those_read_from_the_schema(path: Any, unit: str) -> None:
    document = json.loads(path.read_text())
    facts = read_capabilities(document).facts
    makes = frozenset(fact[4:] for fact in facts if fact.startswith("out:"))
    price = Price(Decimal("0.05"), unit)
    from_schema = estimate(price, {}, Model(build(contract(document)), makes))
    from_facts = typical(price, read_usual(facts)).estimate
    if from_schema.low is not None and from_schema.low == from_schema.high:
        assert from_facts.low is not None
        assert abs(from_facts.low - from_schema.low) <= from_schema.low / 100


@given(st.lists(st.text(max_size=30) | st.builds("usual-{}:{}".format, st.text(), st.text())))
def test_any_facts_have_a_typical_run(facts: list[str]) -> None:
    for unit in ("seconds", "megapixels", "steps", "images", "frames"):
        price = typical(Price(Decimal("0.05"), unit), read_usual(facts)).estimate
        assert price.low is not None
        assert price.low >= 0
