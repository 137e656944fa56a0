"""The price list in a browser: searched, opened, clean at both sizes and in both themes."""

from __future__ import annotations

from decimal import Decimal

import pytest
from playwright.sync_api import expect

from catalog.models import Endpoint
from spending.models import MeasuredPrice
from tests.browser import axe
from tests.browser.gallery import PHONE, Open

pytestmark = pytest.mark.browser


@pytest.fixture
def measured(gallery: None) -> None:
    """Two models: one that costs 98 times what is said, and one by resolution."""
    endpoints = {n: Endpoint.objects.get(display_name=f"Flux {n}") for n in (4, 8)}
    group = {"count": 3, "low": "0.04", "high": "0.04", "said": "0.04"}
    groups = [
        group | {"arguments": {"resolution": resolution}, "median": price}
        for resolution, price in (("1K", "0.04"), ("2K", "0.08"), ("4K", "0.16"))
    ]
    for number, said, median, listed in ((4, "0.0005", "0.049", []), (8, "0.04", "0.08", groups)):
        MeasuredPrice.objects.create(
            endpoint=endpoints[number],
            unit="images",
            count=9,
            median=Decimal(median),
            low=Decimal(said),
            high=Decimal(median),
            said=Decimal(said),
            spread=0,
            groups=listed,
            difference=Decimal(median) / Decimal(said) - 1,
            is_used=True,
        )
    Endpoint.objects.filter(pk=endpoints[4].pk).update(
        measured_price=Decimal("0.049"), measured_unit="images", measured_runs=9
    )


@pytest.mark.usefixtures("measured")
def test_the_price_list_is_searched_and_followed_to_a_model(open_page: Open) -> None:
    page = open_page("/prices/")
    rows = page.get_by_role("table").get_by_role("row")
    expect(rows).to_have_count(3)
    expect(rows.nth(1)).to_contain_text("98 ×")
    page.get_by_text("By resolution").press("Enter")
    expect(page.get_by_text("resolution 4K")).to_be_visible()
    axe.assert_clean(page)
    page.emulate_media(color_scheme="dark")
    axe.assert_clean(page)
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    axe.assert_fits(page)
    axe.assert_clean(page)
    page.get_by_label("Model", exact=True).fill("Flux 4")
    page.get_by_role("button", name="Show").press("Enter")
    expect(rows).to_have_count(1)  # a phone hides the head
    page.get_by_role("link", name="Flux 4", exact=True).click()
    expect(page.locator(".figures").first).to_contain_text("$0.049 per image, measured")


@pytest.mark.usefixtures("gallery")
def test_without_measurements_it_says_how_they_come(open_page: Open) -> None:
    page = open_page("/prices/", PHONE)
    expect(page.get_by_role("heading", name="Nothing measured yet")).to_be_visible()
    axe.assert_clean(page)
    axe.assert_fits(page)
