"""A client's comment becomes a version that is seen, sent, taken back, sent, and seen by them."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import assert_clean, assert_fits
from tests.browser.journeys import PHONE
from tests.browser.people.house import Browsers
from tests.browser.sharing.test_three_people import ENDED_MS, PICTURES, browsers, make
from tests.browser.waiting import eventually

__all__ = ["browsers"]
pytestmark = pytest.mark.browser
WISH = "The sky should be red here"
SHIFTS = """
  window.shift = 0;
  const add = (list) => list.getEntries().forEach(({ value }) => (window.shift += value));
  new PerformanceObserver(add).observe({ type: "layout-shift", buffered: true });
"""
MOST_BAR_PX = 64  # on a phone


def is_shown(page: Page) -> bool:
    """Load the page again; return whether its picture has been copied here meanwhile."""
    page.reload()
    return page.locator(".review-canvas img").is_visible()


def draw(page: Page, begin: tuple[float, float], end: tuple[float, float]) -> None:
    """Draw a region with a finger, from one corner to the other, in fractions of the picture."""
    box = page.locator(".review-canvas img").bounding_box()
    assert box
    corners = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in (begin, end)]
    finger = page.context.new_cdp_session(page)
    for kind, at in (("touchStart", 0), ("touchMove", 1), ("touchEnd", None)):
        points = [] if at is None else [{"x": corners[at][0], "y": corners[at][1]}]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_a_comment_becomes_a_version_that_is_sent_taken_back_and_sent_again(
    browsers: Browsers, session: list[Any]
) -> None:
    designer = browsers.open(session)
    run = make(designer, PICTURES, "", "A harbour at dawn")
    designer.goto(f"/runs/{run}/")
    designer.get_by_role("button", name="Share").first.click()
    question = designer.get_by_role("dialog", name="Share")
    expect(question.get_by_label("Title")).to_have_value("A harbour at dawn")
    question.get_by_label("Title").fill("Harbour, first round")
    question.get_by_label("Message (optional)").fill("Is the sky right?")
    question.get_by_role("button", name="A client").click()
    dialog = designer.get_by_role("dialog", name="Shared")
    address = dialog.locator("[data-share]").get_attribute("href")
    assert address

    client = browsers.open(size=PHONE, has_touch=True)
    client.add_init_script(SHIFTS)
    client.goto(address)
    expect(client.get_by_role("heading", name="Harbour, first round")).to_be_visible()
    expect(client.get_by_text("Is the sky right?")).to_be_visible()
    client.get_by_role("link", name="Open result 1", exact=True).tap()
    expect(client.get_by_role("button", name="Mark a place")).to_be_visible()
    eventually(client, lambda: is_shown(client))
    client.get_by_role("button", name="Mark a place").tap()
    draw(client, (0.5, 0.5), (0.9, 0.8))  # from the pin in the middle
    client.get_by_label("Your comment").fill(WISH)
    client.get_by_role("button", name="Send").last.click()  # a tap would end the finger's fling
    client.get_by_role("textbox", name="Your name").fill("Anna")
    client.keyboard.press("Enter")
    region = client.get_by_role("link", name=f"1: {WISH}").locator("rect")
    expect(region).to_have_attribute("width", re.compile(r"^(39|4[01])(\.\d)?%$"))
    assert client.evaluate("window.shift") == 0
    bar = client.locator("#review-bar").bounding_box()
    assert bar
    assert bar["height"] <= MOST_BAR_PX
    assert_clean(client)
    assert_fits(client)

    dialog.get_by_role("link", name="See the answers").click()
    expect(designer.get_by_role("link", name=f"1: {WISH}").locator("rect")).to_be_visible()
    assert_clean(designer)
    designer.get_by_role("button", name="New version").click()
    expect(designer.locator("[name=prompt]")).to_have_value(WISH)
    expect(designer.locator("media-field .media-view img")).to_have_count(2)
    expect(designer.locator("#run-button")).to_be_enabled()
    designer.locator("#run-button").click()
    send = designer.get_by_role("button", name="Send to Anna")
    expect(send).to_be_enabled(timeout=ENDED_MS)
    panel = designer.get_by_role("region", name="Anna wrote about Version 1")
    expect(panel.get_by_text(WISH)).to_be_visible()
    expect(panel.get_by_role("img", name="The marked place")).to_be_visible()
    assert_clean(designer)
    assert_fits(designer)

    answer = client.locator(".review-versus")
    expect(answer).to_have_count(0)  # nobody has sent anything
    send.click()
    expect(answer.get_by_role("link", name="Version 2")).to_be_visible(timeout=ENDED_MS)
    panel.get_by_role("button", name="Undo").click()
    expect(answer).to_have_count(0, timeout=ENDED_MS)
    send.click()
    slider = answer.get_by_role("slider")
    slider.focus()
    client.keyboard.press("End")
    expect(answer.locator(".review-versus-media")).to_have_css("--cut", "100%")
    assert_clean(client)
    client.goto(address)
    expect(client.get_by_text("New version")).to_be_visible()
    assert_fits(client)
    expect(panel.get_by_text("Anna has seen version 2.")).to_be_visible(timeout=ENDED_MS)
    expect(panel.get_by_role("button", name="Take back")).to_have_count(0)
    panel.get_by_role("link", name="Back to the review").click()
    expect(designer.get_by_text("answers this, seen")).to_be_visible()
    assert_fits(designer)
