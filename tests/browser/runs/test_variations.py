"""Run states its cost; several variations appear as one grid, of which the user keeps the best."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.axe import assert_fits
from tests.browser.journeys import WIDE, Open, open_page
from tests.browser.runs.test_journey import ready

__all__ = ["open_page"]
pytestmark = pytest.mark.browser


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
    for place, key in enumerate(keys, start=1):  # the tries come after them
        expect(page.locator(".viewer-place")).to_have_text(re.compile(rf"^{place} of \d+$"))
        assert page.url.endswith(f"#view={key}")
        page.keyboard.press("ArrowRight")
