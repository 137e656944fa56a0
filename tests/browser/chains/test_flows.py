"""A flow built from a result, run step by step on an open page, and again from its form."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.axe import assert_clean, assert_fits
from tests.browser.journeys import (
    AURORA,
    DONE,
    PHONE,
    Open,
    back_as_left,
    form_token,
    open_more,
    open_page,
    prompt,
)

__all__ = ["open_page"]
pytestmark = pytest.mark.browser
SUCCEEDED = "[data-step-state='succeeded']"


def test_a_chain_from_a_result_is_run_and_run_again(open_page: Open) -> None:
    page = open_page(AURORA, PHONE)
    prompt(page).fill("a harbour at dawn")
    page.locator("#run-button").click()
    expect(page.locator(f"#stage {DONE}")).to_have_count(1, timeout=60_000)
    open_more(page)
    page.locator("#stage").get_by_role("link", name=re.compile("^Then…")).click()
    page.get_by_role("option", name=re.compile("^Drift")).click()
    page.get_by_label("Name").fill("Harbour as a film")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Harbour as a film")
    token = form_token(page)
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator(SUCCEEDED)).to_have_count(2, timeout=60_000)
    expect(page.locator(f"{SUCCEEDED} figure :is(img, video)")).to_have_count(2)
    expect(page.get_by_text("earlier run")).to_have_count(1)
    assert_clean(page)
    assert_fits(page)
    address = page.url
    back_as_left(page, token)
    words = page.get_by_label("Prompt").first
    words.fill("a harbour at noon")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator(SUCCEEDED)).to_have_count(2, timeout=60_000)
    assert page.url != address
    page.get_by_role("link", name="Run again…").click()
    expect(words).to_have_value("a harbour at noon")
    words.fill("a harbour at night")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator(SUCCEEDED)).to_have_count(2, timeout=60_000)
    expect(page.get_by_text("earlier run")).to_have_count(0)
    expect(page.get_by_role("button", name="Try again from here")).to_have_count(2)
