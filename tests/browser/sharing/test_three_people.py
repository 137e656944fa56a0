"""People decide: a designer, a client, a reader of the board.

The designer shares four pictures and a film; the client, on a phone and without an account, picks
two and comments on a frame; a stranger gets a board, and prints it.
"""

import re
import uuid
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import assert_clean, assert_fits
from tests.browser.boards.test_judging import INPUT, MODELS, board_of
from tests.browser.hand import Hand, Record
from tests.browser.journeys import PHONE
from tests.browser.people.house import browsers
from tests.browser.sharing.test_review import pick
from tests.browser.waiting import eventually

__all__ = ["browsers"]
pytestmark = pytest.mark.browser
RUN = re.compile(r"[?&](?:run|shown)=([0-9a-f-]{36})")
PICTURES, FILMS = "sandbox/aurora/lite", "sandbox/drift/text-to-video"
FILM = 5  # the video's number on the share
ENDED_MS = 90_000
CLIPBOARD: dict[str, Any] = {"permissions": ["clipboard-read", "clipboard-write"]}
WISH = "The boat should be larger here"
# Two clicks from the selection to the copied address; the other numbers are of whole journeys.
TO_ADDRESS, DESIGNER, CLIENT = 2, 5, 6
IS_PLAYABLE = "film => film.readyState >= 1"
SKY = "The sky should be red here"
WATCH_SHIFTS = """
  window.shift = 0;
  const add = (list) => list.getEntries().forEach(({ value }) => (window.shift += value));
  new PerformanceObserver(add).observe({ type: "layout-shift", buffered: true });
"""


def make(page: Page, model: str, prompt: str) -> str:
    """Run a model; return the key of its run once it has ended."""
    page.goto(f"/models/{model}/")
    page.locator("[name=prompt]").fill(prompt)
    page.locator("#run-button").click()
    page.wait_for_url(RUN)
    match = RUN.search(page.url)
    assert match
    ended = page.locator(f"[data-run-id='{match[1]}'][data-run-state='succeeded']").first
    ended.wait_for(timeout=ENDED_MS)
    return match[1]


def share_by_click(hand: Hand, button: Locator, whom: str) -> str:
    """Share with two clicks; return the path of the copied address. The dialog stays open."""
    hand.click(button)
    hand.click(hand.page.get_by_role("dialog", name="Share").get_by_role("button", name=whom))
    dialog = hand.page.get_by_role("dialog", name="Shared")
    expect(dialog.get_by_text("The address is copied.")).to_be_visible()
    copied: str = hand.page.evaluate("navigator.clipboard.readText()")
    assert copied == dialog.locator("[data-share]").inner_text()
    assert_clean(hand.page, "the dialog", within="dialog.share")
    return urlsplit(copied).path


def assert_good(page: Page) -> None:
    """Assert that the page is accessible and fits at its width."""
    assert_clean(page)
    assert_fits(page)


@pytest.mark.exhaustive
def test_a_designer_a_client_and_a_stranger_decide(browsers, session, record_property):
    key = uuid.uuid4().hex[:6]
    designer = browsers.open(session, **CLIPBOARD)

    # The designer shares five results: two clicks to a copied address.
    keys = [make(designer, FILMS, "A boat that leaves the harbour")]
    keys += [make(designer, PICTURES, f"A boat at dawn, number {n}") for n in range(1, 5)]
    designer.goto("/runs/?as=wall")
    for run in keys[::-1]:  # in the order of the wall, the video last
        tile = designer.locator(f"[data-artifact-id='{run}/0']")
        tile.hover()
        tile.get_by_role("checkbox").check()
    designers = Hand(designer)
    button = designer.get_by_role("button", name="Share").first
    address = share_by_click(designers, button, "A client")
    assert designers.clicks <= TO_ADDRESS
    dialog = designer.get_by_role("dialog", name="Shared")
    expect(dialog.get_by_role("button", name="A client")).to_have_attribute("aria-pressed", "true")
    designers.click(dialog.get_by_text("More options", exact=True))
    dialog.get_by_label("Title").fill(f"Posters {key}")
    dialog.get_by_label("Most picks of each visitor").fill("2")
    designers.click(dialog.get_by_role("button", name="Save"))
    expect(dialog.get_by_text("Saved.")).to_be_visible()
    answers = dialog.get_by_role("link", name="See the answers")
    designers.click(answers)
    expect(designer.get_by_text("No answers yet.")).to_be_visible()
    assert_good(designer)
    designer.evaluate("window.isTheSamePage = true")

    # The client picks two and comments on a frame of the film, on a phone, without an account.
    client = browsers.open(size=PHONE, has_touch=True)
    client.goto(address)
    thumb = Hand(client)
    expect(client.locator(".review-tile")).to_have_count(FILM)
    assert_good(client)
    thumb.tap(pick(client, 1))
    question = client.get_by_role("dialog", name="Your name")
    question.get_by_label("Your name").fill("Anna")
    thumb.press("Enter")
    expect(question).not_to_be_visible()
    thumb.tap(pick(client, 3))
    expect(client.get_by_text("2 of 2 chosen")).to_be_visible()
    expect(designer.locator(".review-facts bdi", has_text="Anna")).to_have_count(2)
    thumb.tap(client.locator(f"#item-{FILM}").get_by_role("link", name="Comment"))
    film = client.locator("video")

    eventually(client, lambda: bool(film.evaluate(IS_PLAYABLE)))
    film.evaluate("film => { film.currentTime = 0.6 }")
    thumb.tap(client.get_by_role("button", name="Use the current time"))
    expect(client.get_by_label("At", exact=True)).to_have_value("0:00.6")
    client.get_by_label("Your comment").fill(WISH)
    thumb.tap(client.get_by_role("button", name="Send").last)
    expect(client.get_by_role("link", name="0:00.6")).to_be_visible()
    assert_good(client)

    # The designer sees it without a reload.
    expect(designer.get_by_text(WISH)).to_be_visible()
    expect(designer.get_by_role("link", name="0:00.6")).to_be_visible()
    assert designer.evaluate("window.isTheSamePage"), "it was loaded anew"
    assert_good(designer)
    tell(designers, record_property, "designer", DESIGNER)
    tell(thumb, record_property, "client", CLIENT)

    # The designer sends a board to the person who decides: its page prints as a report.
    designer.goto(f"/compare/new/?{MODELS}&input={INPUT}")
    board = board_of(designer)
    designer.goto(board)
    assert_good(designer)
    button = designer.get_by_role("button", name="Share").first
    report = share_by_click(Hand(designer), button, "Everybody with the link")

    # A visitor with the link reads and prints it, and sees nothing else.
    stranger = browsers.open()
    stranger.goto(report)
    expect(stranger.get_by_role("heading", level=1)).to_have_count(1)
    expect(stranger.locator(".share-file img")).to_have_count(2)
    expect(stranger.locator("body")).not_to_contain_text("owner")
    assert_good(stranger)
    stranger.emulate_media(media="print")
    expect(stranger.locator(".share-file img").first).to_be_visible()
    for unprinted in stranger.locator("button, form, .foot").all():
        expect(unprinted).to_be_hidden()
    stranger.emulate_media(media="screen")
    stranger.goto(board)
    expect(stranger).to_have_url(re.compile("/login/"))


def tell(hand: Hand, record: Record, person: str, most: int) -> None:
    """Check, print and record the clicks of one person."""
    hand.tell(lambda name, value: record(f"{person}_{name}", value), most)


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


def test_a_comment_becomes_a_version_that_is_sent_taken_back_and_sent_again(browsers, session):
    designer = browsers.open(session)
    run = make(designer, PICTURES, "A harbour at dawn")
    designer.goto(f"/runs/{run}/")
    designer.get_by_role("button", name="Share").first.click()
    question = designer.get_by_role("dialog", name="Share")
    question.get_by_role("button", name="A client").click()
    dialog = designer.get_by_role("dialog", name="Shared")
    address = dialog.locator("[data-share]").get_attribute("href")
    assert address

    client = browsers.open(size=PHONE, has_touch=True)
    client.add_init_script(WATCH_SHIFTS)
    client.goto(address)
    client.get_by_role("link", name="Open result 1", exact=True).tap()
    expect(client.get_by_role("button", name="Mark a place")).to_be_visible()
    eventually(client, lambda: is_shown(client))
    client.get_by_role("button", name="Mark a place").tap()
    draw(client, (0.5, 0.5), (0.9, 0.8))  # from the pin in the middle
    client.get_by_label("Your comment").fill(SKY)
    client.get_by_role("button", name="Send").last.click()  # a tap would end the finger's fling
    client.get_by_role("textbox", name="Your name").fill("Anna")
    client.keyboard.press("Enter")
    region = client.get_by_role("link", name=f"1: {SKY}").locator("rect")
    expect(region).to_have_attribute("width", re.compile(r"^(39|4[01])(\.\d)?%$"))
    assert client.evaluate("window.shift") == 0
    assert_good(client)

    dialog.get_by_role("link", name="See the answers").click()
    expect(designer.get_by_role("link", name=f"1: {SKY}").locator("rect")).to_be_visible()
    designer.get_by_role("button", name="New version").click()
    expect(designer.locator("[name=prompt]")).to_have_value(SKY)
    expect(designer.locator("media-field .media-view img")).to_have_count(2)
    expect(designer.locator("#run-button")).to_be_enabled()
    designer.locator("#run-button").click()
    send = designer.get_by_role("button", name="Send to Anna")
    expect(send).to_be_enabled(timeout=ENDED_MS)
    panel = designer.get_by_role("region", name="Anna wrote about Version 1")
    expect(panel.get_by_text(SKY)).to_be_visible()
    expect(panel.get_by_role("img", name="The marked place")).to_be_visible()
    assert_good(designer)

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
    expect(panel.get_by_text("Anna has seen version 2.")).to_be_visible(timeout=ENDED_MS)
    expect(panel.get_by_role("button", name="Take back")).to_have_count(0)
    panel.get_by_role("link", name="Back to the review").click()
    expect(designer.get_by_text("answers this, seen")).to_be_visible()
    assert_fits(designer)
