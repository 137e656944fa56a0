"""A board is judged on its own page: stars by keys, winners by a click on the picture."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser import axe
from tests.browser.boards.test_judging import COPIED, INPUT, MODELS, run_plan
from tests.browser.hand import Hand
from tests.browser.journeys import PHONE, Open, open_page
from tests.browser.waiting import eventually

__all__ = ["open_page"]
pytestmark = pytest.mark.browser


def test_keys_give_stars_and_a_click_on_the_picture_a_winner(open_page: Open) -> None:
    page = open_page(f"/compare/new/?{MODELS}&input={INPUT}")
    page.goto(run_plan(page))
    cells = page.locator(".cell-run")
    hand = Hand(page)
    cells.first.locator("a").first.focus()
    hand.press("4")
    stars = cells.first.locator(".stars")
    expect(stars).to_have_attribute("aria-label", "4 of 5 stars")
    hand.press("2")
    expect(stars).to_have_attribute("aria-label", "2 of 5 stars")
    hand.press("0")
    expect(stars).to_have_count(0)
    cells.first.locator("a[data-view]").click()
    expect(page.locator("dialog[open]")).to_be_visible()
    hand.press("5")
    expect(page.locator(".given-stars")).to_have_text("★★★★★")
    page.keyboard.press("Escape")
    expect(stars).to_have_attribute("aria-label", "5 of 5 stars")
    page.get_by_label("Pick winners").check()
    picks = page.locator(".pick")
    hand.click(picks.nth(1))
    expect(picks.nth(1)).to_have_attribute("aria-pressed", "true")
    hand.click(picks.nth(0))  # one winner for each row
    expect(picks.nth(0)).to_have_attribute("aria-pressed", "true")
    expect(picks.nth(1)).to_have_attribute("aria-pressed", "false")
    axe.assert_clean(page, "picking winners")
    hand.click(picks.nth(0))
    expect(picks.nth(0)).to_have_attribute("aria-pressed", "false")
    expect(page.locator(".row-head .badge")).to_have_count(0)
    page.get_by_label("Pick winners").uncheck()
    cells.first.hover()
    page.get_by_role("link", name="Change", exact=True).click()
    hand.click(page.locator(".star-button").nth(2))  # one click suffices
    expect(stars).to_have_attribute("aria-label", "3 of 5 stars")
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    page.get_by_label("More to do with the board").click()
    page.get_by_text("Who may do what").click()
    expect(page.get_by_role("group", name="Whoever has a link")).to_be_visible()
    axe.assert_clean(page, "who may do what")
    axe.assert_fits(page)


@pytest.mark.exhaustive
def test_a_comment_is_answered_and_arrows_vote(open_page: Open) -> None:
    page = open_page(f"/compare/new/?{MODELS}&input={INPUT}")
    address = run_plan(page)
    page.goto(address)
    page.locator(".cell-run").first.hover()
    page.get_by_role("link", name=re.compile("^Comment: the result of")).first.click()
    page.get_by_label("Your comment").fill("Too dark, see https://a.test/")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator(".comment")).to_contain_text("Too dark")
    page.get_by_text("Answer", exact=True).first.click()
    page.get_by_label("Your answer").fill("Lighter now")
    page.get_by_role("button", name="Answer").click()
    expect(page.locator(".comment-answers")).to_contain_text("Lighter now")
    page.get_by_role("button", name="Resolve").click()
    expect(page.locator(".comment-thread .badge")).to_have_text("Resolved")
    axe.assert_clean(page, "comments")
    page.get_by_role("button", name=re.compile("Delete the comment")).last.click()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".comment-answers")).to_contain_text("Lighter now")
    eventually(page, lambda: bool(page.evaluate(COPIED, f"{address}vote/")))
    page.goto(f"{address}vote/")
    expect(page.locator(".ballot-sides")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#ballot")).to_contain_text("You have judged every pair")
    page.get_by_role("button", name="Undo my last vote").click()
    expect(page.locator(".ballot-sides")).to_be_visible()
    page.locator("#ballot").focus()
    page.keyboard.press("Space")
    expect(page.locator("#ballot")).to_contain_text("You have judged every pair")
    page.goto(f"{address}results/")
    expect(page.locator("#votes")).to_contain_text("1 voter, who made the board")
    axe.assert_clean(page, "results")
