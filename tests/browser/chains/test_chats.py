"""A chat with the sandbox's language model: sent by keyboard, stopped, branched."""

from __future__ import annotations

import re
from typing import Literal

import pytest
from playwright.sync_api import expect

from tests.browser.axe import assert_clean, assert_fits
from tests.browser.journeys import PHONE, WIDE, Open, open_page
from tests.browser.runs.test_journey import ready
from tests.processes import Up
from tests.sampling import sample

__all__ = ["open_page"]

pytestmark = pytest.mark.browser
DONE = "[data-run-status='succeeded']"
HTMX_IS_THERE = """async () => {
  while (!window.htmx) await new Promise((soon) => setTimeout(soon, 20));
}"""


def test_a_conversation_branches(open_page: Open) -> None:
    page = ready(open_page("/models/sandbox/scribe/", size=PHONE))
    page.get_by_role("button", name="New chat").click()
    message = page.get_by_label("Message", exact=True)
    message.fill("Write about paper")
    message.press("Shift+Enter")
    message.press_sequentially("Two lines")
    message.press("Enter")
    answers = page.locator(".answer")
    expect(page.locator(DONE)).to_have_count(1)
    expect(answers.first.locator(".prose")).to_contain_text("aper")
    expect(message).to_have_value("")
    expect(message).to_be_focused()
    message.fill("And mountains?")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(DONE)).to_have_count(2)
    page.get_by_role("link", name="Edit").first.click()
    edited = page.get_by_label("Your message")
    edited.fill("Write about ink")
    edited.press("Control+Enter")
    expect(page.locator(".versions")).to_have_text(re.compile(r"2 / 2"))
    expect(page.locator(".turn")).to_have_count(1)
    expect(page.locator(DONE)).to_have_count(1)
    page.get_by_role("link", name="Previous version").click()
    expect(page.locator(".turn")).to_have_count(2)
    page.get_by_role("button", name="Change model").click()
    page.get_by_role("button", name=re.compile("OpenRouter")).click()
    page.locator("input[name='model']").fill("some/model")
    page.get_by_role("button", name="Second model").click()
    page.get_by_role("button", name=re.compile("Scribe")).click()
    message.fill("Which of you is it?")
    message.press("Control+Enter")
    expect(page.locator(f".beside {DONE}")).to_have_count(2)
    page.get_by_role("link", name="Continue with this answer").click()
    expect(page.locator(".beside > div").first).to_contain_text("Scribe")
    assert_clean(page)
    assert_fits(page)


@pytest.mark.exhaustive
@pytest.mark.parametrize(("size", "theme"), sample([(PHONE, "dark"), (WIDE, "light")], 1))
def test_an_answer_stopped_in_the_middle_keeps_what_came(
    open_page: Open, vitrine: Up, size: tuple[int, int], theme: Literal["dark", "light"]
) -> None:
    vitrine.fault(kind="stream", name="mute", about="scribe", value=5)
    page = ready(open_page("/models/sandbox/scribe/", size=size, color_scheme=theme))
    page.get_by_role("button", name="New chat").click()
    message = page.get_by_label("Message", exact=True)
    message.focus()
    page.evaluate(HTMX_IS_THERE)
    message.fill(f"Write about glass, {theme}")
    message.press("Control+Enter")
    answer = page.locator(".answer").first
    expect(answer.locator(".prose")).to_contain_text("lass")
    stop = page.locator(".answered").first.get_by_role("button", name="Stop")
    stop.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-run-status='cancelled']")).to_have_count(1)
    expect(answer).to_contain_text("Stopped. The text so far is kept")
    expect(answer.locator(".prose")).to_contain_text("lass")
    message.fill("And stone?")
    message.press("Control+Enter")
    expect(page.locator(DONE)).to_have_count(1)
    page.reload()
    expect(page.locator(".answer").first).to_contain_text("Stopped. The text so far is kept")
    assert_clean(page)
    assert_fits(page)
