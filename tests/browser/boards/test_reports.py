"""A board becomes a report from its tab, is written to, frozen, printed, and taken along."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser import axe
from tests.browser.boards.test_judging import INPUT, MODELS, board_of
from tests.browser.journeys import Open, open_page

__all__ = ["open_page"]
pytestmark = pytest.mark.browser
ARE_LOADED = "() => [...document.querySelectorAll('.report img')].every(i => i.naturalWidth > 0)"


def judge(page: Page, board: str) -> None:
    page.goto(f"{board}vote/")
    page.locator("[name='choice']").first.click()
    expect(page.locator("#judge")).to_contain_text("You have judged every pair")


@pytest.mark.exhaustive
def test_a_board_becomes_a_page_for_who_decides(open_page: Open) -> None:
    page = open_page(f"/compare/new/?{MODELS}&input={INPUT}")
    board = board_of(page)
    judge(page, board)
    page.goto(board)
    page.get_by_role("link", name="Report", exact=True).click()
    page.get_by_role("button", name="Begin a report").click()
    report = page.locator(".report")
    expect(report.get_by_role("heading", level=1)).to_contain_text("Which model does best")
    expect(report).to_contain_text("too few votes to tell it from")
    expect(report.locator(".report-pick")).to_have_count(2)
    page.wait_for_function(ARE_LOADED)
    axe.assert_usable(page)

    page.get_by_role("link", name="Write").click()
    page.get_by_label("In short").fill("We take the harbour of the left one.")
    axe.assert_usable(page)
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".report-short")).to_contain_text("We take the harbour")

    page.get_by_role("button", name="Freeze").click()
    expect(report).to_contain_text("As it was on")
    address = page.url
    page.goto(f"{board}results/")
    page.get_by_role("button", name="Reset the votes").click()
    page.goto(address)
    expect(report).to_contain_text("Of 1 blind vote 0 still count.")

    page.emulate_media(media="print")
    expect(page.locator(".report-tools")).to_be_hidden()
    expect(page.locator(".head")).to_be_hidden()
    assert page.pdf(format="A4").startswith(b"%PDF")
    page.emulate_media(media="screen")

    page.goto(f"{board}report/")
    expect(page.locator(".report-list")).to_contain_text("frozen")
    axe.assert_usable(page)
