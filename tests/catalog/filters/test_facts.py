"""Queries become conditions, and endpoints have the facts that satisfy them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.filters.conditions import Condition, asked_length, parse_condition
from catalog.filters.facts import Listing, facts_of
from catalog.filters.query_parser import parse_query, unknown_value_hint
from catalog.filters.vocabulary import KEYS, SYNONYMS
from tests.tables import each_row


def listing(**values: Any) -> Listing:
    """Return an endpoint's row with these values and no others."""
    plain: dict[str, Any] = dict.fromkeys(Listing._fields, "") | {
        "endpoint_id": "fal-ai/x",
        "owner": "fal-ai",
        "status": "active",
        "tags": [],
        "facts": [],
        "duration_estimate_min": None,
        "published_at": None,
        "updated_at": None,
        "median_s": None,
        "unit_price_usd": None,
        "measured_price": None,
        "gone_at": None,
    }
    return Listing(**(plain | values))


@each_row(
    ("q", "text", "words"),
    [
        (
            "in:image out:video duration:>=10 price:<0.5 license:commercial cat",
            "cat",
            ["in:image", "out:video", "duration:>=10", "price:<0.5", "license:commercial"],
        ),
        ("from:photo to:movie", "", ["in:image", "out:video"]),
        ("in:2+image in:many-video", "", ["in:images", "in:videos"]),
        ("duration:10s", "", ["duration:10"]),
        ("seconds:1min", "", ["duration:60"]),
        ("length:≥8", "", ["duration:>=8"]),
        ("duration:5..10", "", ["duration:5..10"]),
        ("duration:5-10s", "", ["duration:5..10"]),
        ("duration:10+", "", ["duration:>=10"]),
        ("duration:>=5 duration:<=10", "", ["duration:5..10"]),
        ("price:$0.50", "", ["price:<=0.5"]),
        ("cost:<50c", "", ["price:<0.5"]),
        ("price:0,5", "", ["price:<=0.5"]),
        ("price:free", "", ["price:0"]),
        ("keeper:<0.05", "", ["keeper:<0.05"]),
        ("keeper:5c", "", ["keeper:<=0.05"]),
        ("keeper:>$1 flux", "flux", ["keeper:>1"]),
        ("res:1080", "", ["resolution:1080p"]),
        ("resolution:1920x1080", "", ["resolution:1080p"]),
        ("resolution:4K", "", ["resolution:4k"]),
        ("resolution:>=2160", "", ["resolution:>=4k"]),
        ("language:de lang:Deutsch", "", ["language:german"]),
        ("resolution:>=720P", "", ["resolution:>=720p"]),
        ("resolution:720..1080p", "", ["resolution:720p..1080p"]),
        ("ratio:16:9 ratio:square", "", ["ratio:16:9,1:1"]),
        ("-can:lora not:can:seed", "", ["-can:lora", "-can:seed"]),
        ("can:audio", "", ["can:sound"]),
        ("out:photos", "", ["out:image"]),
        ("in\uff1aimage\u3000\uff0dcan\uff1alora", "", ["in:image", "-can:lora"]),
        ("“red fox” „blue” «owl»", '"red fox" "blue" "owl"', []),
        ('tag:"lip sync"', "", ['tag:"lip sync"']),
        ("licence:commercial,research", "", ["license:commercial,research"]),
        ("out:vid", "", ["out:video"]),
        ("out: flux", "flux", []),
        ("duration:>= price:<$ flux", "flux", []),
        ("https://fal.ai/models v2.1 flux/dev a:", "https://fal.ai/models v2.1 flux/dev", []),
    ],
)
def test_a_query_is_split_into_text_and_conditions(q, text, words):
    parsed = parse_query(q)
    assert parsed.text == text
    assert [condition.word for condition in parsed.conditions] == words
    assert not parsed.hints


@each_row(
    ("q", "suggestion"),
    [
        ("out:vidoe", "out:video"),
        ("inn:image", "in:image"),
        ("resolutoin:1080p", "resolution:1080p"),
        ("licens:commercial", "license:commercial"),
        ("can:negativ-promt", "can:negative-prompt"),
        ("fps:fast", ""),
        ("zzzzz:1", ""),
        ("can:s", ""),
    ],
)
def test_an_unknown_condition_gets_a_hint_and_filters_nothing(q, suggestion):
    parsed = parse_query(f"{q} cat")
    assert parsed.text == "cat"
    assert not parsed.conditions
    assert [(hint.word, hint.suggestion) for hint in parsed.hints] == [(q, suggestion)]


@pytest.mark.parametrize(
    ("word", "suggestion"),
    [
        ("1080p", "resolution:1080p"),
        ("4K", "resolution:4K"),
        ("10s", "duration:10s"),
        ("16:9", "ratio:16:9"),
        ("<$1", "price:<$1"),
        ("$0.5", "price:$0.5"),
    ],
)
def test_a_fact_without_its_key_is_searched_as_text_and_suggested(word, suggestion):
    parsed = parse_query(f"flux {word}")
    assert parsed.text == f"flux {word}"
    assert [hint.suggestion for hint in parsed.hints] == [suggestion]
    assert parse_query(suggestion).conditions
    assert not parse_query("flux 1.1 pro v2 12b 3d").hints


def test_a_negated_text_word_is_searched_and_gets_a_hint():
    parsed = parse_query("flux -dev -in:image image-to-video -1")
    assert parsed.text == "flux -dev image-to-video -1"
    assert [(hint.word, hint.suggestion) for hint in parsed.hints] == [("-dev", "")]


@each_row(
    ("q", "fact", "is_accepted"),
    [
        ("duration:>=10", "duration:5-12", True),
        ("duration:>=10", "duration:5-9.9", False),
        ("duration:>10", "duration:10", False),
        ("duration:10", "duration:5-12", True),
        ("duration:<5", "duration:5-12", False),
        ("duration:6..9", "duration:5", False),
        ("resolution:>=720p", "resolution:1080p", True),
        ("resolution:>=720p", "resolution:480p", False),
        ("resolution:>1080p", "resolution:4k", True),
        ("resolution:720p..1080p", "resolution:768p", True),
        ("resolution:720p..1080p", "resolution:4k", False),
        ("resolution:1080p", "resolution:1080p@8", True),
        ("resolution:1080p duration:>=10", "resolution:1080p@8", False),
        ("resolution:>=720p duration:8", "resolution:1080p@8", True),
        ("price:<1", "price:0.15/s*5", True),
        ("price:<1 duration:>=10", "price:0.15/s*5", False),
        ("price:<1 duration:>=10", "price:0.05/s*5", True),
        ("price:<0.5", "price:0.5", False),
        # Facts that cannot be read
        ("time:<60", "time:-5", False),
        ("time:<60", "time:", False),
        ("duration:>=1", "duration:auto", False),
        ("duration:>=1", "duration:5-long", False),
        ("price:<1", "price:-0.5", False),
        ("price:<1", "price:1.2.3/s*5", False),
        ("resolution:1080p duration:>=1", "resolution:1080p@long", False),
        ("resolution:>=720p", "resolution:fine", False),
        ("tag:lip-sync", "tag:Lip Sync", True),
        ("license:commercial", "license:research", False),
        ("in:image", "in:images", False),
    ],
)
def test_a_condition_accepts_the_facts_that_meet_it(q, fact, is_accepted):
    conditions = parse_query(q).conditions
    condition = next(condition for condition in conditions if q.startswith(condition.key))
    assert condition.accepts(fact, asked_length(conditions)) is is_accepted


def test_is_new_means_published_recently():
    new = parse_query("is:new").conditions[0]
    now = datetime.now(UTC)
    assert new.holds(facts_of(listing(published_at=now - timedelta(days=3))))
    assert not new.holds(facts_of(listing(published_at=now - timedelta(days=300))))


def test_a_negated_condition_excludes_the_fact():
    condition = parse_query("-out:audio").conditions[0]
    assert condition.holds(["out:video"])
    assert not condition.holds(["out:video", "out:audio"])


def test_picked_values_match_exactly_and_typed_values_loosely():
    picked, typed = (
        parse_condition("tag", "lip sync"),
        parse_condition("tag", "lip sync", is_typed=True),
    )
    assert picked is not None
    assert typed is not None
    assert not picked.accepts("tag:lip-sync")
    assert typed.accepts("tag:lip-sync")
    assert parse_condition("out", "nonsense") is None
    assert parse_condition("nonsense", "image") is None


def test_an_unknown_fact_suggests_the_nearest_one():
    wanted = parse_query("license:comercial").conditions[0]
    hint = unknown_value_hint(wanted, ["license:commercial", "license:research", "out:video"])
    assert hint is not None
    assert hint.suggestion == "license:commercial"
    assert (
        unknown_value_hint(parse_query("license:research").conditions[0], ["license:research"])
        is None
    )


@each_row(
    ("amount", "unit", "minutes", "facts", "expected"),
    [
        ("0.025", "megapixels", None, [], {"per:megapixel", "price:0.025"}),
        ("0.04", "images", None, ["usual-outputs:4"], {"per:image", "price:0.16"}),
        ("1", "units", None, [], {"per:unit"}),
        ("0.0024", "steps", None, ["usual-steps:2000"], {"per:step", "price:4.8"}),
        ("0.04", "images", None, [], {"per:image", "price:0.04"}),
        ("0.1", "seconds", None, ["default-duration:8"], {"per:second", "price:0.1/s*8"}),
        ("0.5", "5 seconds", None, [], {"per:second", "price:0.1/s*5"}),
        ("0.6", "minute", None, [], {"per:minute", "price:0.01/s*5"}),
        ("0.5", "5 second video", None, ["default-duration:10"], {"per:second", "price:0.1/s*10"}),
        ("0.2", "video seconds", None, [], {"per:second", "price:0.2/s*5"}),
        ("0.01", "processed megapixels", None, [], {"per:megapixel", "price:0.01"}),
        ("0.5", "1m tokens", None, [], {"per:token", "price:0.0005"}),
        ("0.001", "compute seconds", 2, [], {"per:compute second", "price:0.12"}),
        ("0.3", "1000 characters", None, [], {"per:character", "price:0.3"}),
        ("1", "", None, [], {"per:run", "price:1"}),
        ("0", "seconds", None, [], {"per:second", "price:0", "is:free"}),
    ],
)
def test_price_facts_are_those_of_a_typical_run(amount, unit, minutes, facts, expected):
    row = listing(
        unit_price_usd=Decimal(amount), price_unit=unit, duration_estimate_min=minutes, facts=facts
    )
    price_facts = {fact for fact in facts_of(row) if fact.startswith(("price:", "per:", "is:free"))}
    assert price_facts == expected


@each_row(
    ("category", "schema_facts", "expected"),
    [
        ("image-to-video", [], {"in:image", "out:video"}),
        (
            "image-to-video",
            ["in:text", "out:file"],
            {"in:text", "in:image", "out:file", "out:video"},
        ),
        ("image-to-video", ["in:video", "out:image"], {"in:video", "out:image"}),
        ("text-to-speech", ["in:text", "out:audio"], {"in:text", "out:audio"}),
        ("text-to-image", ["in:image", "out:image"], {"in:image", "out:image"}),
        ("speech-to-text", ["out:data"], {"in:audio", "out:data", "out:text"}),
        ("vision", [], {"in:image", "out:text"}),
        ("training", [], set()),
        ("unknown", ["out:data"], {"out:data"}),
    ],
)
def test_the_category_adds_facts_missing_in_the_schema(category, schema_facts, expected):
    listed_facts = facts_of(listing(category=category, facts=schema_facts))
    assert {fact for fact in listed_facts if fact.startswith(("in:", "out:"))} == expected


def test_a_listing_adds_facts_no_schema_has():
    row = listing(
        endpoint_id="fal-ai/veo3/stream",
        category="text-to-video",
        tags=["upscaling", None, ""],
        license_type="commercial",
        enterprise_status="ready",
        kind="inference",
        description="Videos with native audio.",
        duration_estimate_min=2.0,
        group_key="veo3",
        published_at=datetime(2026, 1, 2, tzinfo=UTC),
        facts=["in:text", "out:video", 5],
    )
    assert set(facts_of(row)) == {
        "category:text-to-video",
        "kind:inference",
        "license:commercial",
        "enterprise:ready",
        "group:veo3",
        "owner:fal-ai",
        "tag:upscaling",
        "is:active",
        "can:streaming",
        "can:sound",
        "can:upscale",
        "in:text",
        "out:video",
        "time:120",
        "does:film-from-words",
    }
    fixed = facts_of(listing(category="text-to-video", description="Videos of 1080P, not x480p."))
    assert [fact for fact in fixed if fact.startswith("resolution:")] == ["resolution:1080p"]
    assert "resolution:1080p" not in facts_of(listing(category="vision", description="1080p"))
    assert "can:sound" not in facts_of(row._replace(description="Silent. Without audio."))
    assert "time:7.5" in facts_of(row._replace(median_s=7.5))  # ours, not the estimate


@given(st.text(max_size=60))
def test_any_text_can_be_parsed(q):
    parsed = parse_query(q)
    for condition in parsed.conditions:
        assert isinstance(condition, Condition)
        condition.accepts("duration:5-10")
    assert parse_query(
        " ".join(condition.word for condition in parsed.conditions)
    ).conditions == tuple(condition for condition in parsed.conditions)


keys = st.sampled_from([*KEYS, *SYNONYMS])
values = st.one_of(
    st.text(max_size=12),
    st.sampled_from([v for key in KEYS.values() for v in (*key.values, *key.steps)]),
    st.sampled_from([v for key in KEYS.values() for v in key.synonyms]),
    st.builds(
        "{}{}{}".format,
        st.sampled_from(["", ">=", "<", "=", "≤", ".."]),
        st.floats(0, 1e6),
        st.sampled_from(["", "s", "min", "+", ".."]),
    ),
)


@given(keys, values, st.sampled_from(["", "-", "not:"]))
def test_a_condition_round_trips_through_text(key, value, no):
    for condition in parse_query(f"{no}{key}:{value}").conditions:
        assert parse_query(condition.word).conditions == (condition,)


@pytest.mark.parametrize(
    ("row", "fact"),
    [
        ({"endpoint_id": "fal-ai/kokoro/hindi", "category": "text-to-audio"}, "language:hindi"),
        ({"display_name": "Kokoro TTS (Brazilian Portuguese)", "category": "text-to-speech"},
         "language:portuguese"),
        ({"endpoint_id": "fal-ai/vidu/start-end-to-video", "category": "image-to-video"},
         "can:end-frame"),
        ({"description": "A film from first and last frames.", "category": "image-to-video"},
         "can:end-frame"),
    ],
)  # fmt: skip
def test_facts_only_in_the_listing_are_read(row, fact):
    assert fact in facts_of(listing(**row))
    assert fact not in facts_of(listing(**row | {"category": "text-to-image"}))


def test_the_measured_price_replaces_what_is_said():
    list_price = {"unit_price_usd": Decimal("0.0005"), "price_unit": "compute seconds"}
    facts = set(facts_of(listing(**list_price, duration_estimate_min=0.1)))
    assert {"per:compute second", "price:0.003"} <= facts
    measured = {"measured_price": Decimal("0.049"), "measured_unit": "images"}
    row = listing(**list_price, **measured, measured_runs=12)
    assert {"per:image", "price:0.049"} <= set(facts_of(row))
