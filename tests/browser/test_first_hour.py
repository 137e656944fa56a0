"""The first hour of three people, in clicks: a designer, a product manager and an admin.

A click is a press of a button, a link or a key that chooses; typing is not counted.
"""

from __future__ import annotations

import re
import uuid

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.journeys import DONE, Open, open_page, session
from tests.browser.test_journey import ready

__all__ = ["open_page", "session"]
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("journey")]
ENDED_MS = 90_000


class Hand:
    """Clicks and presses, counted."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.clicks = 0

    def click(self, target: Locator) -> None:
        self.clicks += 1
        target.click()

    def press(self, key: str) -> None:
        self.clicks += 1
        self.page.keyboard.press(key)


def test_a_designer_finds_runs_varies_and_uses_the_best_in_a_second_model(
    open_page: Open,
) -> None:
    words = f"northern lights over {uuid.uuid4().hex[:6]}"
    page = open_page("/")
    hand = Hand(page)
    hand.press("/")
    page.keyboard.type("northern light")
    hand.press("Enter")
    page.wait_for_url("**/models/?q=*")
    hand.click(page.locator("article[data-endpoint-id='sandbox/aurora'] a").first)
    ready(page).locator("[name=prompt]").fill(words)
    hand.click(page.locator("label:has([name='~variations'][value='4'])"))
    expect(page.locator("#run-cost")).to_have_text("about $0.079")
    hand.click(page.locator("#run-button"))
    pictures = page.locator(f"#stage {DONE} figure[data-kind='image']")
    expect(pictures).to_have_count(4, timeout=ENDED_MS)
    hand.click(pictures.nth(2).locator("[data-shortcut='u']"))
    expect(page.locator("dialog.jump").get_by_role("option").first).to_be_visible()
    page.keyboard.type("upscale")
    hand.press("Enter")
    page.wait_for_url("**/models/sandbox/lens/upscale/**")
    expect(page.locator("media-field .media-view img")).to_be_visible()
    hand.click(ready(page).locator("#run-button"))
    page.wait_for_selector(f"#stage {DONE}", timeout=ENDED_MS)
    assert hand.clicks <= 9, hand.clicks

    tomorrow = open_page("/")
    hand = Hand(tomorrow)
    hand.click(tomorrow.get_by_role("navigation", name="Main").get_by_text("Runs"))
    tomorrow.get_by_label("Text", exact=True).fill(words)
    hand.press("Enter")
    hand.click(tomorrow.locator(".run-row", has_text=words).get_by_role("link").first)
    expect(tomorrow.locator("figure[data-kind='image']")).to_have_count(4)
    assert hand.clicks <= 3


def test_a_manager_asks_for_a_film_compares_three_models_and_reads_the_price(
    open_page: Open,
) -> None:
    page = open_page("/")
    hand = Hand(page)
    hand.press("/")
    page.keyboard.type("cheapest text to image under a dollar")
    hand.press("Enter")
    page.wait_for_url("**/models/?q=*")
    expect(page.locator("main")).to_contain_text("Cheapest first")
    cards = page.locator("article[data-endpoint-id]")
    expect(cards.first).to_be_visible()
    looks = [re.sub(r"\s+", " ", text) for text in cards.all_inner_texts() if text]
    assert len({*looks}) == len(looks), looks
    hand.click(page.get_by_role("button", name="Compare").or_(page.get_by_text("Compare")).first)
    priced = page.locator("article:has(data small) [type=checkbox]")  # not the free ones
    for place in range(3):
        hand.click(priced.nth(place))
    hand.click(page.get_by_role("link", name="Compare 3 models"))
    page.wait_for_url("**/compare/new/**")
    expect(page.locator(".plan-model")).to_have_count(3)
    page.locator("[name='shared.prompt']").fill("a lighthouse")
    expect(page.locator("#plan-outcome")).to_contain_text("3 runs")
    expect(page.locator("#plan-outcome")).to_contain_text("$")
    assert hand.clicks <= 7


def test_an_admin_adds_marks_looks_who_ran_what_and_removes(open_page: Open) -> None:
    page = open_page("/models/sandbox/scribe/")
    hand = Hand(page)
    hand.click(page.locator("[popovertarget=judge]"))
    hand.click(page.locator("#judge").get_by_text("Approved"))
    page.locator("#judge").get_by_role("textbox").fill("Good for short essays")
    hand.click(page.locator("#judge").get_by_role("button").last)
    expect(page.locator("#standing")).to_contain_text("Good for short essays")
    page.goto("/admin/")
    hand.click(page.get_by_role("link", name="Runs", exact=True).last)
    expect(page.locator("#changelist")).to_be_visible()
    page.goto("/admin/auth/user/add/")
    name = f"leaver-{uuid.uuid4().hex[:6]}"
    page.locator("[name=username]").fill(name)
    page.locator("[name=usable_password][value=false]").check()
    hand.click(page.locator("[name=_save]"))
    page.goto("/admin/auth/user/")
    hand.click(page.get_by_role("link", name=name))
    hand.click(page.get_by_role("link", name="Remove …"))
    hand.click(page.get_by_role("button", name=re.compile("Deactivate|Remove|Delete")).first)
    expect(page.locator("body")).to_contain_text(name)
    assert hand.clicks <= 9
