"""An operation of the front page in a browser: prompt, models, Run, and a board of results."""

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


def test_a_newcomer_makes_a_picture_with_three_models(open_page: Open) -> None:
    page = open_page("/")
    page.get_by_role("link", name="Make a picture").click()
    expect(page.get_by_label("Prompt", exact=True)).to_be_focused()
    expect(page.locator("[name='model']:checked")).to_have_count(3)
    assert_clean(page, "an operation")
    page.keyboard.type("a red boat on a lake")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(BOARD)
    wait_for_ends(page, 3)
    expect(page.locator(".board [data-run-id] img")).to_have_count(3)
    expect(page.get_by_text(re.compile(r"\$\d"))).to_have_count(0)  # the sandbox is free


def test_a_dropped_picture_is_changed_by_each_ticked_model(open_page: Open) -> None:
    page = open_page("/compare/new/?operation=change-a-picture", size=PHONE)
    assert_fits(page, "an operation on a phone")
    page.get_by_label("Prompt", exact=True).fill("in winter")
    drop(page.locator("plan-files"), ("boat.png", "image/png", photo("navy")))
    expect(page.locator(".plan-file:not([data-busy])")).to_have_count(1)
    count = page.locator("[name='model']:checked").count()
    page.get_by_role("button", name="Run", exact=True).click()
    page.wait_for_url(BOARD)
    wait_for_ends(page, count)
