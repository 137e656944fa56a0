"""Run says what it costs, and several variations come as one grid with the best one kept."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.axe import assert_clean, assert_fits
from tests.browser.journeys import PHONE, WIDE, Open, open_page
from tests.browser.runs.test_journey import ready

__all__ = ["open_page"]
pytestmark = pytest.mark.browser


@pytest.mark.exhaustive
def test_eight_variations_are_priced_run_and_the_best_one_is_kept(open_page: Open) -> None:
    page = ready(open_page("/models/sandbox/ridgeline/", WIDE))
    cost = page.locator("#run-cost")
    expect(cost).to_have_text("about $0.012")
    page.locator("[name=prompt]").fill("eight hills")
    page.get_by_label("Variations").select_option("8")
    expect(cost).to_have_text("about $0.096")
    expect(page.locator("#run-basis")).to_contain_text("8 images in 2 runs with new seeds")
    page.locator("#run-basis summary").press("Enter")
    expect(page.locator("#run-basis")).to_contain_text("4 images × $0.012")
    page.locator("#run-button").press("Enter")
    done = page.locator(".variation[data-run-state='succeeded']")
    expect(done).to_have_count(2, timeout=240_000)
    expect(done.nth(1).locator("img").nth(3)).to_be_visible()
    expect(done.nth(1)).to_contain_text("Seed")
    star = done.nth(1).locator(".artifact-star button").nth(2)
    star.click()
    expect(star).to_have_attribute("aria-pressed", "true")
    assert_clean(page)
    phone = open_page(page.url, PHONE, color_scheme="dark")
    expect(phone.locator(".variation [aria-pressed='true']")).to_have_count(1)
    assert_fits(phone)


@pytest.mark.exhaustive
def test_eight_variations_are_four_abreast_or_two_and_open_large_on_a_phone(
    open_page: Open,
) -> None:
    page = ready(open_page("/models/sandbox/aurora/lite/", WIDE))
    page.locator("[name=prompt]").fill("eight shores")
    page.get_by_label("Variations").select_option("8")
    page.locator("#run-button").press("Enter")
    done = page.locator(".variation[data-run-state='succeeded']")
    expect(done).to_have_count(8, timeout=60_000)
    for width, columns in ((1440, 4), (820, 2), (390, 2)):
        page.set_viewport_size({"width": width, "height": 900})
        lefts = page.evaluate(
            "[...document.querySelectorAll('.variation')].map((e) => e.getBoundingClientRect().x)"
        )
        assert len(set(lefts)) == columns, width
        assert_fits(page)
    pictures = page.locator(".variation a[data-view]")
    keys = [picture.get_attribute("data-view") for picture in pictures.all()]
    assert len(set(keys)) == 8
    pictures.first.click()
    expect(page.locator(".viewer-picture[data-loaded]")).to_be_in_viewport(ratio=1)
    assert_fits(page)
    for place, key in enumerate(keys, start=1):  # the film strip's earlier runs come after them
        expect(page.locator(".viewer-place")).to_have_text(re.compile(rf"^{place} of \d+$"))
        assert page.url.endswith(f"#view={key}")
        page.keyboard.press("ArrowRight")
