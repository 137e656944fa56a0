"""Runs that show their result while it is made, in a browser, against a whole Vitrine."""

import json
import re
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.browser.axe import assert_clean
from tests.browser.journeys import DONE, PHONE, open_page
from tests.browser.waiting import eventually, pass_time

__all__ = ["open_page"]
pytestmark = pytest.mark.browser

WATCH = """() => {
  window.seen = [];
  new MutationObserver(() => {
    const text = document.querySelector(".partial .prose");
    const now = text?.textContent.length ?? 0;
    if (now !== window.seen.at(-1)) window.seen.push(now);
  }).observe(document.querySelector("#stage"), { childList: true, subtree: true });
}"""


def test_a_text_grows_and_is_told_once(open_page, vitrine):
    vitrine.fault(kind="stream", name="trickle", about="scribe", value=0.4)  # one of 25 events
    values = quote(json.dumps({"prompt": "Mountains, paper, evening", "max_tokens": 2000}))
    page = open_page(f"/models/sandbox/scribe/?input={values}", size=PHONE)
    page.locator("#more-button").click()
    page.get_by_text("How it is sent").first.click()
    page.get_by_role("radio", name="Live stream").check()
    page.keyboard.press("Escape")
    page.evaluate(WATCH)
    page.locator("#run-button").click()
    page.wait_for_selector(".partial .prose")
    announcement = page.locator("[data-told]")
    expect(announcement).to_have_text("The first of the result is here; it goes on.")
    assert_clean(page)
    page.wait_for_selector(DONE)
    expect(announcement).to_be_empty()  # the state already says that the result is complete
    lengths = [length for length in page.evaluate("window.seen") if length]
    assert len(set(lengths)) > 1
    assert lengths == sorted(lengths)


@pytest.mark.exhaustive
def test_painting_live_is_one_session_that_follows_the_form(open_page):
    page = open_page("/models/sandbox/aurora/lite/")
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    page.locator("[name=prompt]").fill("violet")
    stops = page.get_by_role("button", name="Stop painting")
    page.get_by_role("button", name="Paint live").focus()
    page.keyboard.press("Enter")
    expect(stops).to_be_focused()
    picture = page.locator("live-session img")
    expect(picture).to_be_visible()
    first = picture.get_attribute("src")
    page.locator("[name=prompt]").press_sequentially(" and a green sea")
    expect(picture).not_to_have_attribute("src", first or "")
    assert_clean(page)
    stops.click()
    expect(page.get_by_role("button", name="Paint live")).to_be_focused()
    sockets.clear()
    page.reload()
    page.get_by_role("button", name="Paint live").dblclick()
    expect(picture).to_be_visible()
    expect(stops).to_be_visible()
    assert len(sockets) == 1


@pytest.mark.exhaustive
def test_what_was_sent_is_not_sent_again_when_the_field_is_left(open_page):
    page = open_page("/models/sandbox/aurora/lite/")
    sent: list[Any] = []
    page.route_web_socket(
        re.compile("ticket="), lambda socket: socket.on_message(lambda text: sent.append(text))
    )
    page.clock.install()
    page.locator("[name=prompt]").fill("a")
    page.get_by_role("button", name="Paint live").click()
    page.locator("[name=prompt]").press("b")
    page.locator("[name=prompt]").press("Tab")
    page.locator("[name=prompt]").press("c")
    eventually(page, lambda: any("=abc" in text for text in sent))
    pass_time(page, 1)  # a superfluous message would come now
    assert ["=abc" in text for text in sent] == [*[False] * (len(sent) - 1), True]
    assert len(sent) == len(set(sent)) <= 3
