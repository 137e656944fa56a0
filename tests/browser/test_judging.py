"""A board's results are compared closely, voted on blindly and judged, by keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import axe
from tests.browser.journeys import PHONE, Open, open_page
from tests.browser.waiting import eventually

__all__ = ["open_page"]
pytestmark = pytest.mark.browser
MODELS = "model=sandbox/aurora/lite&model=atelier/glass"
INPUT = "%7B%22prompt%22%3A%20%22a%20harbour%20to%20judge%22%7D"
COPIED = """async (ballot) => (await (await fetch(ballot)).text()).includes('name="choice"')"""


def board_of(page: Page) -> str:
    """Run the plan that the page shows; returns the board's address when its files are copied."""
    page.locator("form[data-board-plan] button").first.click()
    expect(page.locator("[data-board-id]")).to_be_visible()
    address = f"/compare/{page.locator('[data-board-id]').get_attribute('data-board-id')}/"
    expect(page.locator("[data-run-state='succeeded']")).to_have_count(2, timeout=90_000)
    # `wait_for_function` takes an asynchronous function's promise for its answer.
    eventually(page, lambda: bool(page.evaluate(COPIED, f"{address}vote/")))
    return address


def test_results_are_compared_voted_on_and_judged(open_page: Open) -> None:
    page = open_page(f"/compare/new/?{MODELS}&input={INPUT}")
    address = board_of(page)
    page.goto(address)
    for box in page.get_by_label("Compare", exact=True).all():
        box.check()
    page.get_by_role("button", name="Compare closely").click()
    stage = page.locator(".look-stage")
    expect(page.locator(".look-tools")).to_be_visible()
    page.keyboard.press("r")
    expect(stage).to_have_attribute("data-mode", "slider")
    page.keyboard.press("ArrowRight")
    assert stage.evaluate("stage => stage.style.getPropertyValue('--cut')") == "54%"
    page.keyboard.press("d")
    page.keyboard.press("+")
    expect(stage).to_have_attribute("data-mode", "difference")
    expect(page.locator("[name='zoom']")).to_have_text("150 %")
    page.keyboard.press("s")
    axe.assert_clean(page)
    page.get_by_role("button", name="Wins this row: B").click()
    expect(page.locator(".look-row")).to_contain_text(
        re.sub(r"\s+", " ", page.locator(".look-fact h2 a").nth(1).inner_text())
    )
    page.goto(f"{address}vote/")
    axe.assert_clean(page)
    page.keyboard.press("1")
    expect(page.locator("#ballot")).to_contain_text("You have judged every pair")
    page.goto(f"{address}results/")
    expect(page.locator(".standings").first).to_contain_text("Too few votes to tell")
    axe.assert_clean(page)
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    for part in ("results/", "vote/", "sheet/"):
        page.goto(f"{address}{part}")
        axe.assert_fits(page)
