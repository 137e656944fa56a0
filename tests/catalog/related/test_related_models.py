"""A model's relatives: its family, trainers, similar models and successors."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog import pricing
from catalog.models import Endpoint, Revision
from catalog.related import related_models
from tests.tables import each_row

Make = Callable[..., Endpoint]
NOW = timezone.now()


def related_to(endpoint: Endpoint) -> related_models.Related:
    return related_models.find_related(endpoint, Revision.current())


@pytest.fixture
def klein(make_endpoint: Make) -> Endpoint:
    """A family of three with one group; two similar models, one different model, and others."""
    for end, label, facts in (
        ("4b", "Text to Image", ["in:text", "out:image", "can:seed", "resolution:1k"]),
        ("4b/edit", "Edit", ["in:text", "in:image", "out:image", "can:seed", "can:mask"]),
        ("9b", "Text to Image", ["in:text", "out:image", "can:seed", "resolution:4k"]),
    ):
        make_endpoint(
            f"fal-ai/klein/{end}",
            group_key="klein",
            group_label=label,
            facts=facts,
            display_name="Klein",
            description="Pictures in a flash",
            published_at=NOW,
        )
    same = ["in:text", "out:image", "can:seed"]
    make_endpoint("a/poster", display_name="Poster", description="Posters in a flash", facts=same)
    make_endpoint("a/plain", display_name="Plain", description="Something", facts=same)
    make_endpoint(
        "a/song", display_name="Song", category="text-to-audio", facts=["in:text", "out:audio"]
    )
    make_endpoint(
        "a/blocked",
        display_name="Poster",
        description="Posters in a flash",
        facts=same,
        mark="blocked",
    )
    make_endpoint("a/gone", description="Pictures in a flash", facts=same, gone_at=NOW)
    return Endpoint.objects.get(endpoint_id="fal-ai/klein/4b")


def test_a_family_lists_unique_abilities(klein):
    family = {relative.endpoint.endpoint_id: relative for relative in related_to(klein).family}
    edit, large = family["fal-ai/klein/4b/edit"], family["fal-ai/klein/9b"]
    assert set(edit.only) == {"Takes an image", "Mask"}
    assert large.only == ("4K",)
    assert (edit.takes, edit.makes) == ("text, an image", "images")
    assert [key for key, relative in family.items() if relative.is_self] == ["fal-ai/klein/4b"]


def test_without_a_group_the_endpoint_id_gives_the_family(make_endpoint):
    veo = make_endpoint("fal-ai/veo_3", description="x")
    for other in (
        "fal-ai/veo_3/fast",
        "fal-ai/veo_3/fast/audio",
        "fal-ai/veoX3/slow",
        "fal-ai/veo_30",
    ):
        make_endpoint(other)
    make_endpoint("fal-ai/veo_3/grouped", group_key="other")
    family = related_to(veo).family
    assert [row.endpoint.endpoint_id for row in family] == [
        "fal-ai/veo_3",
        "fal-ai/veo_3/fast",
        "fal-ai/veo_3/fast/audio",
    ]
    assert related_to(make_endpoint("b/alone")).family == []


def test_similar_models_share_media_and_description_words(klein):
    similar_ids = [relative.endpoint.endpoint_id for relative in related_to(klein).similar]
    assert similar_ids[:2] == ["a/poster", "a/plain"]
    assert not {"a/blocked", "a/gone", "fal-ai/klein/9b"} & set(similar_ids)


def test_trainers_and_their_inference_models_are_linked(make_endpoint):
    model = make_endpoint("a/model", training_endpoint_ids=["a/trainer", "no/such", 3])
    trainer = make_endpoint("a/trainer", kind="training", inference_endpoint_ids=["a/model"])
    assert [relative.endpoint_id for relative in related_to(model).trainers] == ["a/trainer"]
    assert [relative.endpoint_id for relative in related_to(trainer).inference] == ["a/model"]


def test_related_models_take_as_many_queries_for_any_catalogue(klein, make_endpoint):
    used = []
    for more in (0, 60):
        for n in range(more):
            make_endpoint(
                f"b/{n}", group_key="klein" if n % 2 else "", facts=["in:text", "out:image"]
            )
        related_to(make_endpoint(f"c/{more}"))  # this builds the index
        with CaptureQueriesContext(connection) as queries:
            related_to(klein)
        assert not any("document" in query["sql"] for query in queries)
        used.append(len(queries))
        with CaptureQueriesContext(connection) as queries:
            related_to(klein)
        assert len(queries) == 1  # the query for the revision: the rest is cached
    assert used[0] == used[1] <= 6


@each_row(
    ("price", "unit", "facts", "minutes", "text"),
    [
        ("0.05", "seconds", ["out:video", "default-duration:8"], None,
         "$0.05 per second of video; 8 s ≈ $0.40"),
        ("0.05", "second", ["out:video"], None, "$0.05 per second of video; 5 s ≈ $0.25"),
        ("0.002", "seconds", ["out:audio"], None, "$0.002 per second of sound; 30 s ≈ $0.06"),
        ("0.025", "megapixels", ["out:image"], None, "$0.025 per megapixel"),
        ("0.03", "1000 characters", [], None, "$0.03 per 1,000 characters"),
        ("0.0002", "compute seconds", [], 0.5,
         "$0.0002 per compute second; 30 s (as upstream expects) ≈ $0.006"),
        ("0.0002", "compute seconds", [], None, "$0.0002 per compute second"),
        ("0.04", "images", [], None, "$0.04 per image"),
        ("0.5", "", [], None, "$0.50 per run"),
        ("0", "images", [], None, "Free"),
        (None, "images", [], None, ""),
        ("1", "0 seconds", [], None, "$1.00 per 0 seconds; 5 s ≈ $5.00"),
    ],
)  # fmt: skip
def test_a_price_is_worded(price, unit, facts, minutes, text):
    endpoint = Endpoint(
        unit_price_usd=Decimal(price) if price is not None else None,
        price_unit=unit,
        currency="USD",
        duration_estimate_min=minutes,
    )
    assert pricing.in_words(endpoint, facts) == text


def test_among_many_ids_with_a_common_prefix_the_category_is_the_family(make_endpoint):
    for n in range(13):
        make_endpoint(f"vendor/suite/{n}", category="text-to-image" if n < 4 else "text-to-speech")
    assert len(related_to(Endpoint.objects.get(endpoint_id="vendor/suite/2")).family) == 4
    assert len(related_to(Endpoint.objects.get(endpoint_id="vendor/suite/9")).family) == 9
