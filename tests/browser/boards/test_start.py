"""“Tell me what to use” in a browser: a sentence, the chosen models, Judge, and the decision."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.axe import assert_clean
from tests.browser.journeys import Open, open_page

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
