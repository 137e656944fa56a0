"""Judging a board's results by keys, on one scale at a time."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser import axe
from tests.browser.boards.test_judging import INPUT, MODELS, run_plan
from tests.browser.hand import Hand
from tests.browser.journeys import PHONE, Open, open_page

__all__ = ["open_page"]
pytestmark = pytest.mark.browser


def test_keys_say_what_is_thought_of_a_result(open_page: Open) -> None:
    page = open_page(f"/compare/new/?{MODELS}&input={INPUT}")
    board = run_plan(page)
    page.goto(f"{board}judge/")
    facts = page.locator(".look-fact")
    hand = Hand(page)
    expect(facts.first).to_be_focused()
    for picture in page.locator(".look-pane > img").all():
        box = picture.bounding_box()
        assert box
        assert box["width"] >= 480
    hand.press("ArrowRight")
    hand.press("w")
    expect(facts.last.get_by_role("button", pressed=True)).to_have_text("Wins")
    expect(facts.last).to_be_focused()
    hand.press("ArrowLeft")
    hand.press("w")  # each row has one winner
    expect(facts.last.get_by_role("button", name="Wins its row: B")).to_have_attribute(
        "aria-pressed", "false"
    )
    axe.assert_clean(page, "judging")
    choose(page, "Stars")
    hand.press("ArrowRight")
    hand.press("4")
    expect(facts.last.locator("[data-lit]")).to_have_count(4)
    hand.press("0")
    expect(facts.last.locator("[data-lit]")).to_have_count(0)
    hand.press("2")
    expect(facts.last.locator("[data-lit]")).to_have_count(2)
    axe.assert_clean(page, "stars")
    choose(page, "Pass or fail")
    hand.press("ArrowRight")
    hand.press("x")
    expect(facts.last.get_by_role("button", name="Fail: B", pressed=True)).to_be_visible()
    choose(page, "Notes and tags")
    facts.last.get_by_label("Note", exact=True).fill("six fingers w")
    facts.last.get_by_role("button", name="Save").click()
    expect(facts.last.locator("textarea")).to_have_value("six fingers w")
    hand.press("Tab")
    facts.first.focus()
    hand.press("c")
    expect(page.get_by_label("Your comment")).to_be_visible()
    page.goto(board)
    expect(page.locator(".cell[data-winner]")).to_have_attribute("data-column", "0")
    expect(page.locator(".stars")).to_have_attribute("aria-label", "2 of 5 stars")
    axe.assert_clean(page, "judged board")
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    page.get_by_label("More actions for this board").click()
    page.get_by_text("Who may do what").click()
    expect(page.get_by_role("group", name="Whoever has a link")).to_be_visible()
    axe.assert_clean(page, "who may do what")
    axe.assert_fits(page)
    page.goto(f"{board}judge/?scale=wins")  # for the tests after this one


def choose(page: Page, scale: str) -> None:
    """Judge by another scale."""
    page.get_by_label("Judge by").click()
    page.get_by_role("link", name=scale, exact=True).click()
    expect(page.locator(".look-fact").first).to_be_focused()
