"""Runs that show themselves while they are made, in a browser, against the whole of Vitrine."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.axe import assert_clean
from tests.browser.journeys import DONE, PHONE, Open, open_page, session

__all__ = ["open_page", "session"]
pytestmark = pytest.mark.browser

WATCH = """() => {
  window.seen = [];
  new MutationObserver(() => {
    const picture = document.querySelector(".partial img");
    const text = document.querySelector(".partial .prose");
    const box = picture?.getBoundingClientRect();
    const now = { words: text?.textContent.length ?? 0, picture: picture?.src.length ?? 0, painted: picture?.complete ?? true, top: box?.top, height: box?.height };
    if (JSON.stringify(now) !== JSON.stringify(window.seen.at(-1))) window.seen.push(now);
  }).observe(document.querySelector("#stage"), { childList: true, subtree: true });
}"""


def test_a_text_grows_and_is_told_once(open_page: Open) -> None:
    page = open_page("/models/sandbox/scribe/", size=PHONE)
    page.locator("[name=prompt]").fill("Mountains, paper, evening")
    page.locator(".transport summary").click()
    page.get_by_role("radio", name="Live stream").check()
    expect(page.locator("#transport-stream")).to_be_visible()
    expect(page.locator("#transport-queue")).to_be_hidden()
    page.evaluate(WATCH)
    page.locator("#run-button").click()
    page.wait_for_selector(".partial .prose")
    assert_clean(page)
    page.wait_for_selector(DONE)
    lengths = [each["words"] for each in page.evaluate("window.seen") if each["words"]]
    assert len(set(lengths)) > 1
    assert lengths == sorted(lengths)
    expect(page.locator("[data-told]")).to_have_text("The first of the result is here; it goes on.")


def test_a_picture_refines_in_its_place(open_page: Open) -> None:
    page = open_page("/models/sandbox/aurora/lite/")
    page.locator(".transport summary").click()
    page.get_by_role("radio", name="Live stream").check()
    page.get_by_label("Prompt").fill("Aurora in rose and violet")
    page.evaluate(WATCH)
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(DONE)
    seen = [each for each in page.evaluate("window.seen") if each["picture"]]
    assert len({each["picture"] for each in seen}) > 1
    assert all(each["painted"] for each in seen[1:])
    assert len({(each["top"], each["height"]) for each in seen[1:]}) == 1


def test_the_choice_is_kept_with_the_draft(open_page: Open) -> None:
    page = open_page("/models/sandbox/aurora/lite/")
    page.locator(".transport summary").click()
    page.get_by_role("radio", name="WebSocket").check()
    with page.expect_response(lambda r: "/drafts/" in r.url):
        page.get_by_label("Prompt").fill("kept")
    page.reload()
    expect(page.locator(".transport input[value=websocket]")).to_be_checked()


def test_painting_live_follows_the_form(open_page: Open) -> None:
    page = open_page("/models/sandbox/aurora/lite/")
    page.locator("[name=prompt]").fill("violet")
    button = page.get_by_role("button", name="Paint live")
    button.click()
    picture = page.locator("live-session img")
    expect(picture).to_be_visible()
    expect(button).to_have_attribute("aria-pressed", "true")
    first = picture.get_attribute("src")
    page.locator("[name=prompt]").press_sequentially(" and a green sea")
    expect(picture).not_to_have_attribute("src", first or "")
    assert_clean(page)
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
