"""The dialog that jumps from anywhere to a model, a run or a page, by a few letters and Enter."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.axe import assert_clean
from tests.browser.journeys import open_page
from tests.browser.waiting import Held

__all__ = ["open_page"]
pytestmark = pytest.mark.browser


@pytest.mark.exhaustive
def test_a_few_letters_jump_to_a_model_and_do_an_action_from_anywhere(open_page):
    page = open_page("/models/")
    page.keyboard.press("Control+k")
    box = page.get_by_role("combobox", name="Jump to")
    expect(box).to_be_focused()
    page.keyboard.type("aurora tr")
    places = page.get_by_role("listbox", name="Places").get_by_role("option")
    expect(places.first).to_have_text(re.compile("Aurora Trainer"))
    assert_clean(page, within="dialog")
    page.keyboard.press("Enter")
    page.wait_for_url("**/models/sandbox/aurora/trainer/")
    expect(page.locator("main :is(input, textarea, select):focus")).to_have_count(1)
    page.keyboard.press("Control+k")
    expect(box).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)

    page.keyboard.press("Control+k")
    expect(box).to_be_focused()
    page.keyboard.type("new board")
    expect(page.locator("dialog [role=option]").first).to_contain_text("New board")
    page.keyboard.press("Enter")
    page.wait_for_url("**/compare/new/")


@pytest.mark.exhaustive
def test_enter_takes_nothing_from_a_list_that_is_still_loading(open_page):
    """Enter ignores the list until the answer to the text that is now in the field has come."""
    page = open_page("/models/")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Jump to")).to_be_focused()
    page.clock.install()
    # The page sends its query when this clock advances.
    page.clock.pause_at(datetime.now(UTC) + timedelta(days=1))
    answers = Held(page, "**/jump/?&q=*")
    page.keyboard.type("aurora")
    page.clock.run_for(500)
    answers.come()
    page.keyboard.type(" tr")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("status")).to_contain_text("Still loading")
    answers.let_go()
    expect(page.locator("dialog [role=option]").first).to_contain_text("Aurora")
    page.clock.run_for(500)
    expect(page.locator("dialog [role=option]").first).to_contain_text("Aurora Trainer")
    assert page.url.endswith("/models/")
    page.keyboard.press("Enter")
    page.wait_for_url("**/models/sandbox/aurora/trainer/")
