"""Saved prompts: opened by `/` in a prompt's field, filled in by keyboard, and run."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import assert_clean
from tests.browser.journeys import DONE, aurora, log_in, prompt
from tests.browser.waiting import Held

__all__ = ["aurora", "log_in"]
pytestmark = pytest.mark.browser
AURORA = "/models/sandbox/aurora/"


def save(page: Page, name: str, text: str) -> None:
    page.goto("/prompts/new/")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Text", exact=True).fill(text)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()


@pytest.mark.exhaustive
def test_saved_prompts_open_by_a_slash_and_are_filled_in_by_keyboard(aurora: Page) -> None:
    save(aurora, "Slashed fox", "a {red|green} {animal} in the snow")
    save(aurora, "Slashed ink", "{prompt}, ink on paper")
    aurora.goto(AURORA)
    prompt(aurora).fill("")
    prompt(aurora).press_sequentially("at dusk /slash")
    options = aurora.locator("[role=option]:visible")
    expect(options).to_have_count(2)
    aurora.keyboard.press("Escape")
    expect(options).to_have_count(0)
    expect(prompt(aurora)).to_have_value("at dusk /slash")
    prompt(aurora).press_sequentially("ed")
    expect(options).to_have_count(2)
    aurora.keyboard.press("ArrowDown")  # the latest change comes first
    aurora.keyboard.press("Enter")
    aurora.get_by_label("animal").fill("heron")
    assert_clean(aurora)
    aurora.keyboard.press("Enter")
    expect(prompt(aurora)).to_have_value("at dusk a red heron in the snow")
    expect(prompt(aurora)).to_be_focused()
    aurora.keyboard.press("Control+z")
    expect(prompt(aurora)).to_have_value("at dusk /slashed")
    aurora.keyboard.press("Control+Shift+z")
    prompt(aurora).press_sequentially(" /ink")
    expect(options).to_have_count(1)
    aurora.keyboard.press("Enter")
    aurora.get_by_label("prompt", exact=True).fill("drawn")
    aurora.keyboard.press("Enter")
    expect(prompt(aurora)).to_have_value("at dusk a red heron in the snow drawn, ink on paper")
    prompt(aurora).press_sequentially("/path")
    expect(options).to_have_count(0)  # within a word, "/" is only a character
    prompt(aurora).press_sequentially(" /nothing")
    expect(aurora.get_by_text("No saved prompt with these words.")).to_be_visible()
    prompt(aurora).press("Control+Enter")
    aurora.wait_for_selector(f"#stage {DONE}")
    aurora.goto("/prompts/?q=slashed")
    for name in ("Slashed fox", "Slashed ink"):
        aurora.get_by_role("link", name=name).click()
        expect(aurora.locator(".run-tile")).to_have_count(1)
        expect(aurora.locator(".run-tile").first).to_have_attribute(
            "data-title", re.compile("^at dusk a red heron")
        )
        aurora.go_back()


@pytest.mark.exhaustive
def test_a_late_answer_does_not_take_away_what_one_fills_in(aurora: Page) -> None:
    save(aurora, "Later fox", "a {animal} in the rain")
    aurora.goto(AURORA)
    prompt(aurora).fill("")
    prompt(aurora).press_sequentially("/late")
    expect(aurora.locator("[role=option]:visible")).to_have_count(1)
    answers = Held(aurora, re.compile("/prompts/offered/"))
    prompt(aurora).press_sequentially("r")
    answers.come()
    aurora.keyboard.press("Enter")
    expect(aurora.get_by_label("animal")).to_be_focused()
    with aurora.expect_response(re.compile("/prompts/offered/")) as answer:
        answers.let_go()
    answer.value.finished()
    aurora.get_by_label("animal").fill("heron")
    aurora.keyboard.press("Enter")
    expect(prompt(aurora)).to_have_value("a heron in the rain")
