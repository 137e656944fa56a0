"""Several variations are one try: pictures come in their places, each opens on the stage."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import assert_clean, assert_fits
from tests.browser.journeys import PHONE, WIDE, Open, open_more, open_page
from tests.browser.runs.test_journey import ready

__all__ = ["open_page"]
pytestmark = pytest.mark.browser
BOXES = """() => [...document.querySelectorAll(".try:first-child .try-runs a")].map((tile) => {
  const { x, width, height } = tile.getBoundingClientRect();
  return [x, width, height].map(Math.round);
})"""
TOPS = """() => [".stage-run", ".try:first-child", "#playground-form"].map(
  (what) => document.querySelector(what).getBoundingClientRect().top)"""


@pytest.mark.exhaustive
def test_four_variations_are_a_row_that_fills_and_each_opens_on_the_stage(open_page: Open) -> None:
    page = ready(open_page("/models/sandbox/aurora/lite/", WIDE))
    page.locator("[name=prompt]").fill("four shores")
    page.locator("label", has_text="1024 × 576").click()
    page.get_by_label("Variations", exact=True).select_option("4")
    page.locator("#run-button").press("Enter")
    tiles = page.locator(".try", has_text="four shores").locator(".try-runs > li")
    expect(tiles).to_have_count(4)
    before = page.evaluate(BOXES)
    assert len({(width, height) for _, width, height in before}) == 1
    assert before[0][1] / before[0][2] == pytest.approx(1024 / 576, abs=0.02)
    expect(tiles.locator("img")).to_have_count(4, timeout=60_000)
    assert page.evaluate(BOXES) == before
    assert_clean(page)
    open_by_enter(page, 3)
    delete_and_undo(page)
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    assert page.evaluate(TOPS) == sorted(page.evaluate(TOPS))  # the form stands below the try
    assert_fits(page)


def open_by_enter(page: Page, place: int) -> None:
    tile = page.locator(".try").first.locator(".try-runs > li").nth(place)
    tile.locator("a").press("Enter")
    expect(page.locator(f"#run-{tile.get_attribute('data-run-id')}")).to_be_visible()
    expect(tile).to_have_attribute("aria-current", "true")
    expect(tile.locator("a")).to_be_focused()


def delete_and_undo(page: Page) -> None:
    tiles = page.locator(".try").first.locator(".try-runs > li")
    open_more(page)
    page.get_by_role("button", name="Delete").click()
    expect(tiles).to_have_count(3)
    page.get_by_role("button", name="Undo").click()
    expect(tiles).to_have_count(4)
