"""One's own account, deleted runs that come back, and the admin, in a browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.axe import assert_usable
from tests.browser.journeys import AURORA, DONE, Open, open_page

__all__ = ["open_page"]
pytestmark = pytest.mark.browser


PAGES = ["/account/", "/runs/?whose=*", "/admin/", "/admin/status/", "/admin/playground/run/"]


def test_everybody_can_use_every_page(open_page: Open) -> None:
    page = open_page(PAGES[0])
    for address in PAGES:
        page.goto(address)
        assert_usable(page)


def test_a_deleted_run_comes_back_by_undo(open_page: Open) -> None:
    # An address fills the form in, whatever draft another test has left, even one as JSON.
    page = open_page(AURORA + '?input={"prompt": "a fox to be deleted"}')
    page.locator("#run-button").click()
    page.wait_for_selector(f"#stage {DONE}")
    page.goto("/runs/?as=list")
    delete = page.get_by_role("button", name="Delete selected")
    expect(delete).to_be_disabled()
    row = page.locator(".run-row", has_text="a fox to be deleted").first
    page.get_by_role("checkbox", name="Select a fox to be deleted").first.check()
    expect(page.locator("output[data-count]")).to_have_text("1 selected")
    delete.click()
    expect(page.locator("toast-note")).to_contain_text("1 run deleted.")
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_focused()
    undo.press("Enter")
    expect(page.locator(".notice")).to_have_text("1 run brought back.")
    expect(row).to_be_visible()
