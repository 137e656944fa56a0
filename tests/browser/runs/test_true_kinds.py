"""Results that are not what upstream said.

An open page learns what they are, and disturbs nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import assert_clean, assert_fits
from tests.browser.contexts import Contexts
from tests.browser.journeys import DONE, PHONE, WIDE
from tests.processes import Up

pytestmark = pytest.mark.browser
MISLABELLED = "/models/mischief/mislabelled/"


@pytest.fixture
def begin(contexts: Contexts, vitrine: Up, session: list[Any]) -> Callable[..., Page]:
    """`begin("/models/…")`: a page whose run has been asked for; a console error fails the test."""

    def open_(path: str) -> Page:
        context = contexts.take(
            viewport={"width": WIDE[0], "height": WIDE[1]},
            base_url=vitrine.base,
        )
        context.add_cookies(session)
        page = context.new_page()
        page.goto(path)
        page.locator("#run-button").click()
        return page

    return open_


@pytest.mark.exhaustive
def test_an_open_page_learns_what_its_results_are(begin: Any) -> None:
    page = begin(f'{MISLABELLED}?input={{"empty": true}}')
    page.wait_for_selector(DONE)
    stage = page.locator("#stage")
    film = stage.locator("[data-kind=video] video[poster]")
    expect(film).to_have_js_property("videoWidth", 640)
    expect(stage.locator("[data-kind=image] img")).to_have_count(2)
    told = stage.get_by_text("Upstream gave an empty file (0 bytes).")
    expect(told).to_contain_text("It is tried again automatically.")
    expect(page.locator("[data-watch]")).to_have_count(1)  # the empty one may still come
    for width, height in (WIDE, PHONE):
        page.set_viewport_size({"width": width, "height": height})
        assert_fits(page)
        assert_clean(page)
    page.goto("/runs/?as=list")
    expect(page.locator(".run-row .mat img").first).to_have_js_property("complete", True)
