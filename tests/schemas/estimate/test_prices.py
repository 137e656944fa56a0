"""The words of an estimate, and sums of estimates."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import build, contract
from schemas.estimate import (
    NOTHING,
    Estimate,
    Model,
    Price,
    Usual,
    estimate,
    parse_unit,
    read_usual,
    typical,
    unknown,
)
from schemas.estimate.settings import plain_values, read_settings
from schemas.facts.capabilities import read_capabilities
from tests.documents import document_ids, read_document
from tests.tables import each_row


def about(low: str, high: str | None = "same", currency: str = "USD") -> Estimate:
    most = low if high == "same" else high
    return Estimate(Decimal(low), None if most is None else Decimal(most), currency)


@each_row(
    ("estimate", "sentence"),
    [
        (about("0.1"), "about $0.10"),
        (about("0.0196608"), "about $0.02"),
        (about("0.02371"), "about $0.024"),
        (about("4.8"), "about $4.80"),
        (about("12.3456"), "about $12.35"),
        (about("1234.5"), "about $1,234.50"),
        (about("0.1", "0.2"), "$0.10 to $0.20"),
        (about("0", "0.2"), "up to $0.20"),
        (about("0.1000", "0.1001"), "about $0.10"),
        (about("0.1", None), "at least $0.10"),
        (about("0", None), "at least $0.00"),
        (about("0"), "Free"),
        (about("0.5", currency="EUR"), "about 0.50 EUR"),
        (unknown("USD"), "Price unknown"),
        (about("0.1") + about("0.2"), "about $0.30"),
        (about("0.1") + about("0.2", "0.4"), "$0.30 to $0.50"),
        (about("0.1") + about("0.2", None), "at least $0.30"),
        (about("0.1") + unknown("USD"), "about $0.10 + 1 unknown"),
        (unknown("USD") + unknown("USD") + about("1"), "about $1.00 + 2 unknown"),
        (about("0") + unknown("USD"), "about $0.00 + 1 unknown"),
        (unknown("USD") + unknown("USD"), "Price unknown"),
        (about("0.1") + about("0.2", currency="EUR"), "about $0.10 + 1 unknown"),
        (about("0.1").times(4), "about $0.40"),
        (about("0.1", "0.2").times(8), "$0.80 to $1.60"),
        (unknown("USD").times(4) + about("1"), "about $1.00 + 4 unknown"),
        (NOTHING, "Free"),
    ],
)
def test_an_estimate_is_worded(estimate, sentence):
    assert estimate.label == sentence


@each_row(
    ("estimate", "sentence"),
    [
        (about("0.1", "0.2"), "$0.20"),
        (about("0.5", currency="EUR"), "0.50 EUR"),
        (about("0.1", None), "at least $0.10"),
        (about("0.1") + unknown("USD"), "about $0.10 + 1 unknown"),
        (unknown("USD"), "Price unknown"),
    ],
)
def test_the_most_of_an_estimate_is_worded_where_a_limit_is_known(estimate, sentence):
    assert estimate.most_in_words == sentence


def test_estimates_can_be_summed_from_zero():
    assert sum([unknown("USD", "Why")], NOTHING) == unknown("USD", "Why")
    assert sum([about("1", currency="EUR")], NOTHING).label == "about 1.00 EUR"
    total = sum([about("0.1"), unknown("USD"), about("0.2")], NOTHING)
    assert (total.low, total.high, total.unknown_count) == (Decimal("0.3"), Decimal("0.3"), 1)


@each_row(
    ("text", "kind", "per", "noun"),
    [
        ("", "run", "1", "run"),
        ("runs", "run", "1", "run"),
        ("requests", "run", "1", "request"),
        ("api calls", "run", "1", "call"),
        ("images", "output", "1", "image"),
        ("image", "output", "1", "image"),
        ("image (1024x1024)", "output", "1", "image"),
        ("videos", "output", "1", "video"),
        ("generations", "output", "1", "generation"),
        ("models", "output", "1", "model"),
        ("meshes", "output", "1", "mesh"),
        ("input images", "input", "1", "image"),
        ("megapixels", "megapixel", "1", "megapixel"),
        ("MP", "megapixel", "1", "megapixel"),
        ("processed megapixel", "megapixel", "1", "megapixel"),
        ("pixels", "megapixel", "0.000001", "megapixel"),
        ("seconds", "second", "1", "second"),
        ("s", "second", "1", "second"),
        ("second of video", "second", "1", "second"),
        ("5 seconds", "second", "5", "second"),
        ("5 second video", "second", "5", "second"),
        ("5s", "second", "5", "second"),
        ("5-second clip", "second", "5", "second"),
        ("minutes", "second", "60", "minute"),
        ("audio minutes", "second", "60", "minute"),
        ("hours", "second", "3600", "hour"),
        ("compute seconds", "compute second", "1", "second"),
        ("second of compute", "compute second", "1", "second"),
        ("GPU minutes", "compute second", "60", "minute"),
        ("H100 second", "compute second", "1", "second"),
        ("A100-80GB second", "compute second", "1", "second"),
        ("steps", "step", "1", "step"),
        ("training steps", "step", "1", "step"),
        ("100 steps", "step", "100", "step"),
        ("frames", "frame", "1", "frame"),
        ("tokens", "token", "1", "token"),
        ("1000 tokens", "token", "1000", "token"),
        ("1M tokens", "token", "1000000", "token"),
        ("1m output tokens", "token", "1000000", "token"),
        ("million tokens", "token", "1000000", "token"),
        ("1000 characters", "character", "1000", "character"),
        ("1,000 characters", "character", "1000", "character"),
        ("1k characters", "character", "1000", "character"),
        ("4K characters", "character", "4000", "character"),
        ("thousand chars", "character", "1000", "character"),
        ("words", "word", "1", "word"),
        ("units", "billed", "1", "unit"),
        ("credits", "billed", "1", "credit"),
        ("compute units", "billed", "1", "unit"),
        ("video segments", "other", "1", "segment"),
        ("pages", "other", "1", "page"),
    ],
)
def test_units_are_parsed(text, kind, per, noun):
    unit = parse_unit(text)
    assert (unit.kind, unit.per, unit.noun) == (kind, Decimal(per), noun)


@pytest.mark.parametrize(
    ("text", "lines"),
    [("720p second", "720p"), ("1080p video", "1080p"), ("seconds (4k)", "4k"), ("seconds", "")],
)
def test_a_resolution_in_a_unit_is_not_its_amount(text, lines):
    unit = parse_unit(text)
    assert (unit.per, unit.lines) == (Decimal(1), lines)


@given(st.text(max_size=80))
def test_any_text_is_a_unit(text):
    unit = parse_unit(text)
    assert unit.per > 0
    assert unit.noun


PROPERTIES = {
    "prompt": {"type": "string"},
    "resolution": {"enum": ["720p", "1080p"], "default": "720p"},
    "generate_audio": {"type": "boolean", "default": True},
    "num_inference_steps": {"type": "integer", "default": 28},
    "strength": {"type": "number"},
    "seed": {"type": "integer"},
    "voice": {"type": "string", "default": "Aria"},
    "image_url": {"type": "string", "format": "uri"},
    "image_size": {"anyOf": [{"type": "object",
             "properties": {"width": {"type": "integer"}, "height": {"type": "integer"}}},
            {"enum": ["square_hd", "landscape_4_3"]}], "default": "landscape_4_3"},
}  # fmt: skip
DEFAULTS = {
    "resolution": "720p",
    "generate_audio": "true",
    "num_inference_steps": "28",
    "image_size": "landscape_4_3",
}


@pytest.mark.parametrize(
    ("arguments", "changed"),
    [
        ({}, {}),
        ({"prompt": "a secret", "seed": 7, "voice": "Client X"}, {}),
        ({"resolution": "1080p"}, {"resolution": "1080p"}),
        ({"generate_audio": False}, {"generate_audio": "false"}),
        ({"strength": 0.5}, {"strength": "0.5"}),
        ({"num_inference_steps": 4.0}, {"num_inference_steps": "4"}),
        ({"image_size": {"height": 768, "width": 512}}, {"image_size": "512 × 768"}),
    ],
)
def test_choices_switches_and_numbers_are_read_but_no_texts(arguments, changed):
    schema = {"type": "object", "properties": PROPERTIES}
    document = {
        "openapi": "3.0.4",
        "paths": {
            "/": {"post": {"requestBody": {"content": {"application/json": {"schema": schema}}}}}
        },
    }
    root = build(contract(document, "acme/paint"))
    values = plain_values(read_settings(root, arguments))
    assert values == DEFAULTS | changed


def test_nothing_offered_is_left_out():
    root = build(contract(None, "acme/paint"))
    assert plain_values(read_settings(root, {"resolution": "4K"})) == {}


@each_row(
    ("facts", "price", "unit", "sentence", "per"),
    [
        ("out:image", "0.04", "images", "about $0.04", "image"),
        ("out:image usual-outputs:4", "0.04", "images", "about $0.16", "4 images"),
        ("out:image usual-megapixels:0.786", "0.025", "megapixels", "about $0.025", "image"),
        ("out:image", "0.025", "megapixels", "about $0.025", "image"),
        ("out:image usual-outputs:2", "0.025", "megapixels", "about $0.05", "2 images"),
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
def test_a_typical_run_is_priced_by_the_facts(facts, price, unit, sentence, per):
    typical_run = typical(Price(Decimal(price), unit), read_usual(facts.split()))
    assert (typical_run.estimate.label, typical_run.per) == (sentence, per)


def test_a_length_that_is_asked_for_replaces_the_usual_one():
    usual = read_usual(["out:video", "default-duration:5"])
    by_second = typical(Price(Decimal("0.0205"), "seconds"), usual, seconds=10)
    by_video = typical(Price(Decimal("0.0223"), "videos"), usual, seconds=10)
    assert by_second.estimate.label == "about $0.205"
    assert by_video.estimate.label == "about $0.0223"
    assert (by_second.rate, by_second.length_s, by_video.rate) == (
        Decimal("0.0205"),
        Decimal(10),
        None,
    )


def test_compute_seconds_use_upstreams_expected_time():
    typical_run = typical(Price(Decimal("0.001"), "compute seconds"), Usual(), expected_s=30)
    assert (typical_run.estimate.label, typical_run.per) == ("about $0.03", "run")


@each_row("name", document_ids())
@each_row("unit", ["images", "seconds", "steps", "megapixels", "videos"])
def test_stored_facts_equal_those_read_from_the_schema(name, unit):
    document = read_document(name)
    facts = read_capabilities(document).facts
    makes = frozenset(fact[4:] for fact in facts if fact.startswith("out:"))
    price = Price(Decimal("0.05"), unit)
    from_schema = estimate(price, {}, Model(build(contract(document)), makes))
    from_facts = typical(price, read_usual(facts)).estimate
    if from_schema.low is not None and from_schema.low == from_schema.high:
        assert from_facts.low is not None
        assert abs(from_facts.low - from_schema.low) <= from_schema.low / 100


@given(st.lists(st.text(max_size=30) | st.builds("usual-{}:{}".format, st.text(), st.text())))
def test_any_facts_have_a_typical_run(facts):
    for unit in ("seconds", "megapixels", "steps", "images", "frames"):
        price = typical(Price(Decimal("0.05"), unit), read_usual(facts)).estimate
        assert price.low is not None
        assert price.low >= 0
