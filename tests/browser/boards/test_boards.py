"""A board in a browser: from a model's page to the results, by keyboard, on a phone, scriptless."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import assert_clean, assert_fits
from tests.browser.journeys import (
    PHONE,
    Open,
    open_page,
)
from tests.browser.waiting import eventually

__all__ = ["open_page"]
pytestmark = pytest.mark.browser
BOARD = re.compile(r"/compare/[0-9a-f-]{36}/$")
LITE = "model=sandbox/aurora/lite"
ENDED_MS = 90_000


def wait_for_ends(page: Page, count: int) -> None:
    """Wait until all cells of the board show the end of their runs."""
    done = page.locator(".board [data-run-state='succeeded']")
    expect(done).to_have_count(count, timeout=ENDED_MS)
    expect(page.locator("#board-progress")).to_contain_text(f"{count} of {count} done")


@pytest.mark.exhaustive
def test_a_wide_board_draws_what_comes_into_view(open_page: Open) -> None:
    page = open_page(f"/compare/new/?{LITE}")
    page.locator("#column-field").select_option("prompt")
    page.locator("#column-values").fill("\n".join(f"boat {n}" for n in range(30)))
    page.locator("#row-field").select_option("image_size")
    page.locator("#row-values").fill("all")
    page.locator("#plan-cap").fill("0.0001")  # this cap sends no run
    page.locator("form[data-board-plan] button").first.click()
    page.wait_for_url(BOARD)
    assert_clean(page, "a wide board")
    board = page.locator(".board")
    expect(board.locator("[data-row='0'][data-column='11']")).to_have_count(1)
    expect(board.locator("[data-column='29']")).to_have_count(0)
    board.hover()
    page.mouse.wheel(30_000, 0)
    expect(board.locator("[data-row='0'][data-column='29']")).to_be_visible()
    expect(board.locator(".column-head:not([data-span])").last).to_contain_text("boat 29")
    last = "[data-row='5'][data-column='29']"
    expect(board.locator(last)).to_have_count(0)

    def is_drawn() -> bool:  # rows grow as they are rendered
        page.mouse.wheel(0, 800)
        return board.locator(last).is_visible()

    eventually(page, is_drawn)
    address = page.url
    page.goto("about:blank")
    page.goto(f"{address}#column-20")
    expect(page.locator("#column-20:not(span)")).to_be_in_viewport()


@pytest.mark.exhaustive
def test_a_phone_shows_two_columns(open_page: Open) -> None:
    address = f"/compare/new/?model=sandbox/aurora&{LITE}&input=%7B%22prompt%22%3A%22fog%22%7D"
    page = open_page(address, size=PHONE)
    assert_fits(page, "the plan")
    page.locator("form[data-board-plan] button").first.click()
    page.wait_for_url(BOARD)
    wait_for_ends(page, 2)
    assert_fits(page, "the board")
    cell = page.locator("[data-row='0'][data-column='0']")
    other = page.locator("[data-row='0'][data-column='1']")
    expect(cell).to_be_in_viewport()
    expect(other).to_be_in_viewport(ratio=0.9)
