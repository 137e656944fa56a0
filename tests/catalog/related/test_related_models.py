"""A model's relatives: its family, trainers, similar models and successors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog import pricing
from catalog.models import Endpoint, ListingEntry, Revision
from catalog.related import related_models
from catalog.related.related_models import Successor
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
        standing="blocked",
    )
    make_endpoint("a/gone", description="Pictures in a flash", facts=same, gone_at=NOW)
    return Endpoint.objects.get(endpoint_id="fal-ai/klein/4b")


def test_a_family_lists_unique_abilities(klein: Endpoint) -> None:
    family = {relative.endpoint.endpoint_id: relative for relative in related_to(klein).family}
    edit, large = family["fal-ai/klein/4b/edit"], family["fal-ai/klein/9b"]
    assert set(edit.only) == {"Takes an image", "Mask"}
    assert large.only == ("4K",)
    assert (edit.takes, edit.makes) == ("text, an image", "images")
    assert [key for key, relative in family.items() if relative.is_self] == ["fal-ai/klein/4b"]


def test_without_a_group_the_endpoint_id_gives_the_family(make_endpoint: Make) -> None:
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


def test_similar_models_share_media_and_description_words(klein: Endpoint) -> None:
    similar_ids = [relative.endpoint.endpoint_id for relative in related_to(klein).similar]
    assert similar_ids[:2] == ["a/poster", "a/plain"]
    assert not {"a/blocked", "a/gone", "fal-ai/klein/9b"} & set(similar_ids)


def test_trainers_and_their_inference_models_are_linked(make_endpoint: Make) -> None:
    model = make_endpoint("a/model", training_endpoint_ids=["a/trainer", "no/such", 3])
    trainer = make_endpoint("a/trainer", kind="training", inference_endpoint_ids=["a/model"])
    assert [relative.endpoint_id for relative in related_to(model).trainers] == ["a/trainer"]
    assert [relative.endpoint_id for relative in related_to(trainer).inference] == ["a/model"]


def test_a_deprecated_model_points_to_its_newest_sibling(make_endpoint: Make) -> None:
    def make(number: int, **more: Any) -> Endpoint:
        published = NOW + timedelta(days=number)
        return make_endpoint(f"a/v{number}", group_key="v", published_at=published, **more)

    old = make(1, status="deprecated")
    make(2)
    newest = make(3)
    make(4, category="image-to-video")
    make(5, status="deprecated")
    make(6, standing="blocked")
    revision = Revision.current()
    assert related_models.successor(old, revision) == Successor(newest, is_named=True)
    assert related_models.successor(newest, revision) is None


def test_a_gone_model_points_to_one_relative(klein: Endpoint) -> None:
    gone = Endpoint.objects.get(endpoint_id="a/gone")
    assert related_models.successor(gone, Revision.current()) is None
    relative = Endpoint.objects.get(endpoint_id="a/plain")
    Endpoint.objects.filter(pk=relative.pk).update(endpoint_id="a/gone/next")
    Endpoint.objects.filter(endpoint_id="a/blocked").update(endpoint_id="a/gone/blocked")
    successor = related_models.successor(gone, Revision.current())
    assert successor == Successor(relative, is_named=False)


@pytest.mark.parametrize(
    ("description", "entry"),
    [
        ("Deprecated: use our new b/flux-2/edit instead.", "{}"),
        ("It was replaced by b/flux-2/edit.", "{}"),
        ("", '{"metadata": {"superseded_by": "b/flux-2/edit"}}'),
        ("", '{"replacement": {"id": 1}, "successor_url": "https://fal.ai/models/b/flux-2/edit"}'),
    ],
)
def test_the_successor_named_by_upstream_is_recommended(
    member: Client, make_endpoint: Make, description: str, entry: str
) -> None:
    old = make_endpoint("a/flux-general", status="deprecated", description=description)
    ListingEntry.objects.create(endpoint=old, text=entry)
    new = make_endpoint("b/flux-2/edit", category="image-to-image", display_name="Flux 2 Edit")
    make_endpoint("a/fooocus", display_name="Fooocus")
    assert related_models.successor(old, Revision.current()) == Successor(new, is_named=True)
    html = " ".join(member.get("/models/a/flux-general/").content.decode().split())
    assert 'Use <a href="/models/b/flux-2/edit/">Flux 2 Edit</a>' in html


def test_a_merely_similar_model_is_no_successor(member: Client, make_endpoint: Make) -> None:
    make_endpoint("a/flux-general", status="deprecated", description="Makes pictures of flowers.")
    make_endpoint("a/fooocus", display_name="Fooocus", description="Makes pictures of flowers.")
    html = " ".join(member.get("/models/a/flux-general/").content.decode().split())
    assert "No replacement is known." in html
    assert "Closest current model" not in html


def test_a_relative_with_the_same_media_is_called_the_closest(
    member: Client, make_endpoint: Make
) -> None:
    media = ["in:image", "in:text", "out:image"]
    make_endpoint("a/flux-general/edit", status="deprecated", facts=media)
    make_endpoint("a/flux-general/draw", facts=["in:text", "out:image"])
    make_endpoint("a/flux-general/film", category="image-to-video", facts=["in:image"])
    html = " ".join(member.get("/models/a/flux-general/edit/").content.decode().split())
    assert "No replacement is known." in html
    make_endpoint("a/flux-general/redux", display_name="Redux", facts=[*media, "in:images"])
    html = " ".join(member.get("/models/a/flux-general/edit/").content.decode().split())
    assert 'Closest current model: <a href="/models/a/flux-general/redux/">Redux</a>' in html
    assert "instead" not in html.partition("Redux</a>")[2][:120]


def test_a_newer_version_with_other_inputs_is_no_successor(make_endpoint: Make) -> None:
    old = make_endpoint("a/v1", status="deprecated", facts=["in:image", "out:image"])
    make_endpoint("a/v2", facts=["in:text", "out:image"])
    assert related_models.successor(old, Revision.current()) is None


def test_related_models_take_as_many_queries_for_any_catalogue(
    klein: Endpoint, make_endpoint: Make
) -> None:
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
def test_a_price_is_worded(
    price: str | None, unit: str, facts: list[str], minutes: float | None, text: str
) -> None:
    endpoint = Endpoint(
        unit_price_usd=Decimal(price) if price is not None else None,
        price_unit=unit,
        currency="USD",
        duration_estimate_min=minutes,
    )
    assert pricing.in_words(endpoint, facts) == text


def test_among_many_ids_with_a_common_prefix_the_category_is_the_family(
    make_endpoint: Make,
) -> None:
    for n in range(13):
        make_endpoint(f"vendor/suite/{n}", category="text-to-image" if n < 4 else "text-to-speech")
    assert len(related_to(Endpoint.objects.get(endpoint_id="vendor/suite/2")).family) == 4
    assert len(related_to(Endpoint.objects.get(endpoint_id="vendor/suite/9")).family) == 9
