"""A board is judged close up by keys: stars, winner, pass and fail, comment; and blindly."""

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


def test_keys_say_what_is_thought_of_a_result(open_page: Open) -> None:
    page = open_page(f"/compare/new/?{MODELS}&input={INPUT}")
    board = run_plan(page)
    page.goto(f"{board}judge/")
    facts = page.locator(".look-fact")
    hand = Hand(page)
    hand.press("ArrowRight")
    expect(facts.first).to_be_focused()
    hand.press("4")
    expect(facts.first.locator("[data-lit]")).to_have_count(4)
    hand.press("0")
    expect(facts.first.locator("[data-lit]")).to_have_count(0)
    hand.press("ArrowRight")
    hand.press("w")
    expect(facts.last.get_by_role("button", pressed=True)).to_have_text("Wins")
    hand.press("2")
    hand.press("x")
    expect(facts.last.get_by_role("button", name="Fail: B", pressed=True)).to_be_visible()
    expect(facts.last).to_be_focused()
    axe.assert_clean(page, "judging")
    hand.press("ArrowLeft")
    hand.press("w")  # one winner for each row
    expect(facts.last.get_by_role("button", name="Wins its row: B")).to_have_attribute(
        "aria-pressed", "false"
    )
    facts.last.get_by_text("Note and tags").click()
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
    expect(page.locator(".judge-choices")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#judge")).to_contain_text("You have judged every pair")
    page.get_by_role("button", name="Undo my last vote").click()
    expect(page.locator(".judge-choices")).to_be_visible()
    page.locator("#judge").focus()
    page.keyboard.press("0")
    expect(page.locator("#judge")).to_contain_text("You have judged every pair")
    page.goto(f"{address}results/")
    expect(page.locator("#votes")).to_contain_text("1 voter, who made the board")
    axe.assert_clean(page, "results")
