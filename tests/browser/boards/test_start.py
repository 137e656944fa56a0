"""“Tell me what to use” in a browser: a sentence, the chosen models, Judge, and the decision."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.axe import assert_clean, assert_fits
from tests.browser.boards.test_boards import BOARD, wait_for_ends
from tests.browser.boards.test_plan import drop, photo
from tests.browser.journeys import PHONE, Open, open_page

__all__ = ["open_page"]
pytestmark = pytest.mark.browser
JUDGE = re.compile(r"/compare/[0-9a-f-]{36}/judge/$")


def test_a_sentence_on_the_front_page_becomes_a_decision(open_page: Open) -> None:
    page = open_page("/")
    page.get_by_label("What you want to make").fill("a red boat on a lake, for commercial use")
    page.get_by_role("button", name="Tell me what to use").click()
    expect(page.get_by_label("What do you want to make?")).to_be_focused()
    models = page.locator("#start-models li")
    expect(models.nth(1)).to_be_visible()
    count = models.count()
    expect(page.get_by_text(re.compile(r"\$\d"))).to_have_count(0)  # the sandbox is free
    expect(page.get_by_label("Amount in US dollars")).to_have_count(0)
    assert_clean(page, "a question")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(JUDGE)
    expect(page.locator(".look-pane img")).to_have_count(count, timeout=30_000)
    page.get_by_role("button", name="Wins its row: B").click()
    decision = page.locator("[data-taken]")
    expect(decision).to_contain_text(f"the best of {count} models for “a red boat on a lake, for")
    page.get_by_role("link", name="Grid", exact=True).click()
    expect(decision).to_be_visible()


def test_a_dropped_picture_is_changed_by_each_model(open_page: Open) -> None:
    page = open_page("/compare/new/?operation=change-a-picture", size=PHONE)
    assert_fits(page, "an operation on a phone")
    page.get_by_label("Prompt", exact=True).fill("in winter")
    drop(page.locator("plan-files"), ("boat.png", "image/png", photo("navy")))
    expect(page.locator(".plan-file:not([data-busy])")).to_have_count(1)
    models = page.locator("#start-models li")
    expect(models.first).to_be_visible()
    count = models.count()
    page.get_by_role("button", name="Run", exact=True).click()
    page.wait_for_url(re.compile(r"/compare/[0-9a-f-]{36}/"))
    if count > 1:
        page.get_by_role("link", name="Grid", exact=True).click()
    page.wait_for_url(BOARD)
    wait_for_ends(page, count)
