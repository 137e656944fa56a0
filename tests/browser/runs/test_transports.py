"""Runs that show their result while it is made, in a browser, against a whole Vitrine."""

import json
import re
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.browser.axe import assert_clean
from tests.browser.journeys import DONE, PHONE, Open, open_page
from tests.browser.waiting import eventually, pass_time
from tests.processes import Up

__all__ = ["open_page"]
pytestmark = pytest.mark.browser

WATCH = """() => {
  window.seen = [];
  new MutationObserver(() => {
    const picture = document.querySelector(".partial img");
    const text = document.querySelector(".partial .prose");
    const box = picture?.getBoundingClientRect();
    const now = {
      words: text?.textContent.length ?? 0,
      picture: picture?.src.length ?? 0,
      painted: picture?.complete ?? true,
      top: box?.top,
      height: box?.height,
    };
    if (JSON.stringify(now) !== JSON.stringify(window.seen.at(-1))) window.seen.push(now);
  }).observe(document.querySelector("#stage"), { childList: true, subtree: true });
}"""


def test_a_text_grows_and_is_told_once(open_page: Open, vitrine: Up) -> None:
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
    lengths = [each["words"] for each in page.evaluate("window.seen") if each["words"]]
    assert len(set(lengths)) > 1
    assert lengths == sorted(lengths)


@pytest.mark.exhaustive
def test_a_picture_refines_in_its_place(open_page: Open) -> None:
    page = open_page("/models/sandbox/aurora/lite/")
    page.locator("#more-button").click()
    page.get_by_text("How it is sent").first.click()
    page.get_by_role("radio", name="Live stream").check()
    page.keyboard.press("Escape")
    page.get_by_label("Prompt").fill("Aurora in rose and violet")
    page.evaluate(WATCH)
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(f"[data-title='Aurora in rose and violet']{DONE}")
    seen = [each for each in page.evaluate("window.seen") if each["picture"]]
    assert len({each["picture"] for each in seen}) > 1
    assert all(each["painted"] for each in seen[1:])
    assert len({(each["top"], each["height"]) for each in seen[1:]}) == 1


@pytest.mark.exhaustive
def test_painting_live_is_one_session_that_follows_the_form(open_page: Open) -> None:
    page = open_page("/models/sandbox/aurora/lite/")
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    page.locator("[name=prompt]").fill("violet")
    stops = page.get_by_role("button", name="Stop painting")
    page.get_by_role("button", name="Paint live").focus()
    page.keyboard.press("Enter")
    expect(stops).to_be_focused()
    expect(stops.locator("[data-icon]:visible")).to_have_attribute("data-icon", "stop")
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
def test_a_model_that_is_silent_is_said_to_be_until_its_next_picture(open_page: Open) -> None:
    page = open_page("/models/sandbox/aurora/lite/")
    sockets: list[Any] = []
    page.route_web_socket(re.compile("ticket="), lambda socket: sockets.append(socket))
    page.locator("[name=prompt]").fill("slow")
    page.get_by_role("button", name="Paint live").click()
    line = page.locator("live-session [role=status]")
    expect(line).to_have_text("Connecting")
    # the page asks for the ticket after the button has changed
    eventually(page, lambda: bool(sockets))
    sockets[0].send('{"type": "slow", "message": "The model takes a long time to answer."}')
    expect(line).to_have_text("The model takes a long time to answer.")
    sockets[0].send('{"type": "picture"}')
    expect(line).to_have_text("Painting live")


@pytest.mark.exhaustive
def test_what_was_sent_is_not_sent_again_when_the_field_is_left(open_page: Open) -> None:
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


@pytest.mark.exhaustive
def test_on_a_phone_field_and_stop_are_both_in_sight_while_it_paints(open_page: Open) -> None:
    page = open_page("/models/sandbox/aurora/lite/", size=PHONE, is_mobile=True, has_touch=True)
    field = page.locator("[name=prompt]")
    field.fill("\n".join(f"line {number}" for number in range(14)))
    page.get_by_role("button", name="Paint live").tap()
    picture = page.locator("live-session img")
    expect(picture).to_be_visible()
    field.tap()
    field.evaluate("(field) => (field.setSelectionRange(0, 0), scrollBy(0, 9999))")
    field.press_sequentially("A hut. ")
    seen = """() => {
          const field = document.querySelector("[name=prompt]");
          const stop = document.querySelector("live-session button");
          const { left, top, height } = stop.getBoundingClientRect();
          const line = field.getBoundingClientRect();
          const at = (x, y) => document.elementFromPoint(x, y)?.closest("button, textarea");
          return [
            at(left + 9, top + height / 2) === stop,
            at(line.left + 20, line.top + 16) === field,
          ];
        }"""
    # the browser takes a while to scroll to the caret
    eventually(page, lambda: page.evaluate(seen) == [True, True])
    page.get_by_role("button", name="Stop painting").tap()
