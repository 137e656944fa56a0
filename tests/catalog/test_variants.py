"""No two models read alike on cards, and families fold without hiding what was asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from bench.catalogue import filling
from catalog import pricing
from catalog.models import Endpoint
from catalog.variants import LONGEST, Card, distinguish, fold, variant
from tests.catalog.cards import cards
from tests.tables import each_row

Make = Callable[..., Endpoint]


def endpoint(endpoint_id: str, name: str, category: str = "", **more: str) -> Endpoint:
    owner = endpoint_id.partition("/")[0]
    return Endpoint(
        endpoint_id=endpoint_id, display_name=name, category=category, owner=owner, **more
    )


def real() -> list[Endpoint]:
    """The sample of upstream's catalogue that lies beside the project."""
    endpoints = []
    for item in filling.real():
        data: dict[str, Any] = item["metadata"]
        group = data.get("group") or {}
        endpoints.append(
            endpoint(
                item["endpoint_id"],
                data["display_name"],
                data["category"],
                group_key=group.get("key", ""),
                group_label=group.get("label", ""),
            )
        )
    return endpoints


def looks(card: Card) -> tuple[str, ...]:
    listed = card.endpoint
    return listed.display_name, listed.owner, listed.category, card.variant


def test_cards_of_150_real_models_are_unique() -> None:
    distinguished = distinguish(real())
    assert len(distinguished) == 150
    assert [look for look, count in Counter(map(looks, distinguished)).items() if count > 1] == []
    assert max(len(card.variant) for card in distinguished) <= LONGEST


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        (endpoint("fal-ai/image-editing/x", "Image Editing", group_label="Photo Fix"), "Photo Fix"),
        (endpoint("fal-ai/pixverse/v5.6/text-to-video", "Pixverse", "text-to-video"), "v5.6"),
        (endpoint("fal-ai/vidu/q2/image-to-video/pro", "Vidu", "image-to-video"), "q2 pro"),
        (endpoint("fal-ai/longcat/text-to-video/720p", "LongCat", "text-to-video",
             group_label="Text to Video (720p)"), "720p"),
        (endpoint("fal-ai/wan-t2v", "Wan-2.1 Text-to-Video", "text-to-video"), ""),
        (endpoint("fal-ai/hunyuan3d-v21", "Hunyuan 3D 2.1", "image-to-3d"), ""),
        (endpoint("fal-ai/flux/dev", "FLUX.1 [dev]", "text-to-image"), ""),
    ],
)  # fmt: skip
def test_a_variant_label_adds_what_name_and_category_lack(listed: Endpoint, expected: str) -> None:
    assert variant(listed) == expected


PARTS = ["a", "b", "a-b", "ab", "a/b", "v1", "1", "to/x", "x/to"]
IDS = st.lists(st.sampled_from(PARTS), min_size=1, max_size=4)


@given(st.sets(IDS.map("/".join), min_size=2, max_size=12), st.sampled_from(["A", "B 1", "to"]))
def test_cards_are_unique_for_any_ids(ids: set[str], name: str) -> None:
    distinguished = distinguish(endpoint(f"o/{endpoint_id}", name) for endpoint_id in sorted(ids))
    assert max(Counter(map(looks, distinguished)).values()) == 1


def family(*ids: str) -> list[Card]:
    """Cards of ids whose first letter is their group."""
    return [Card(endpoint(f"o/{i}", i, group_key=i[0]), "") for i in ids]


def folded(*ids: str, **how: Any) -> list[str]:
    return [
        " ".join(
            card.endpoint.display_name for card in (family_of_cards.lead, *family_of_cards.others)
        )
        for family_of_cards in fold(family(*ids), **how)
    ]


def test_a_family_is_placed_at_its_first_member() -> None:
    assert folded("a1", "b1", "a2", "c1", "b2") == ["a1 a2", "b1 b2", "c1"]


def test_the_best_results_are_not_folded() -> None:
    assert folded("a1", "a2", "b1", "a3", "a4", apart=3) == ["a1", "a2", "b1", "a3 a4"]


def test_in_a_sorted_list_only_neighbours_fold() -> None:
    assert folded("a1", "a2", "b1", "a3", is_ordered=True) == ["a1 a2", "b1", "a3"]


def test_models_without_a_group_are_a_family_by_application_and_name() -> None:
    first_of_x, second_of_x = endpoint("o/x/1", "X"), endpoint("o/x/2", "X")
    other = endpoint("o/x/3", "Y")
    assert [len(f.others) for f in fold(distinguish([first_of_x, other, second_of_x]))] == [1, 0]


def test_every_model_of_a_folded_result_is_on_the_page(member: Client, make_endpoint: Make) -> None:
    endings = ("age", "baby", "cartoon", "dawn", "edge", "fog", "gold", "haze", "ink")
    endpoint_ids = [f"fal-ai/image-editing/{n}" for n in endings]
    for position, name in enumerate(endpoint_ids):
        make_endpoint(name, display_name="Image Editing", position=position, group_key="editing")
    make_endpoint("fal-ai/other", display_name="Other", position=10)
    page = member.get("/models/")
    assert cards(page) == [*endpoint_ids, "fal-ai/other"]
    html = page.content.decode()
    assert "10 models" in html
    assert "+8 variants" in html
    assert html.count('class="card"') == 2
    for word in ("Age", "Baby", "Cartoon", "Dawn", "Edge"):
        assert f"<span>{word}</span>" in html
    single_result = member.get("/models/?q=image+editing+edge").content.decode()
    assert single_result.index('class="card" data-endpoint-id="fal-ai/image-editing/edge"') > 0
    assert "variants</summary>" not in member.get("/models/?group=editing").content.decode()
    assert "variants</summary>" not in member.get("/models/?favourite=1").content.decode()


@each_row(
    ("count", "unit", "text"),
    [
        ("48", "seconds", "48 seconds"),
        ("1", "images", "1 image"),
        ("1.0", "megapixels", "1 megapixel"),
        ("0.189", "1000 tokens", "189 tokens"),
        ("2.5", "1,000 characters", "2,500 characters"),
        ("2", "image", "2 images"),
        ("0.5", "compute seconds", "0.5 compute seconds"),
        ("7", "", "7"),
        ("a few", "images", "a few images"),
        ("NaN", "images", "NaN images"),
        ("1e999999", "images", "1e999999 images"),
    ],
)
def test_billed_units_are_worded(count: str, unit: str, text: str) -> None:
    assert pricing.units_in_words(count, unit) == text
