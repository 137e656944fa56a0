"""The bell while a board of many cells runs: one line, correct counts, nothing new once seen."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser import axe
from tests.browser.boards.test_judging import MODELS
from tests.browser.journeys import Open, open_page

__all__ = ["open_page"]
pytestmark = pytest.mark.browser
ROWS, CELLS = 20, 40


def test_a_board_of_many_cells_is_one_line_of_the_bell(open_page: Open) -> None:
    page = open_page(f"/compare/new/?{MODELS}")
    page.locator("[name='row-values']").fill("\n".join(f"a boat {n}" for n in range(ROWS)))
    page.locator("[data-board-plan] .plan-bar [value=run]").click()
    expect(page.locator("[data-board-id]")).to_be_visible()
    board = page.url
    page.goto("/models/")
    bell, tray = page.locator("[data-inbox]"), page.locator("#tray")
    bell.click()
    line = tray.locator(".tray-board")
    expect(line).to_have_count(1)
    expect(tray.get_by_role("link", name="a boat 0")).to_be_visible()
    axe.assert_clean(page, "the bell", within="#tray")
    in_flight = tray.locator("[data-tray-id][data-watch]")
    ended = tray.locator("[data-tray-id]:not([data-watch])")
    counted = re.compile(r"^(?:\d+ running)?(?:, )?(?:\d+ done)?$")
    expect(bell.locator("strong")).to_have_text(counted)
    expect(in_flight).to_have_count(0, timeout=120_000)
    assert ended.count() <= CELLS
    expect(bell.locator("strong")).to_have_text(f"{ended.count()} done")
    expect(line.locator("img").first).to_be_visible()
    page.keyboard.press("Escape")
    page.goto(board)
    expect(bell.locator("strong")).to_have_text("")  # what its page shows has been seen
