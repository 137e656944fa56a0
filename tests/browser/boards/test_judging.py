"""A board's results: compared in detail, voted on blindly, and judged by keyboard."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser import axe
from tests.browser.hand import Hand
from tests.browser.journeys import PHONE, open_page
from tests.browser.waiting import eventually

__all__ = ["open_page"]
pytestmark = pytest.mark.browser
MODELS = "model=sandbox/aurora/lite&model=sandbox/ridgeline"
INPUT = "%7B%22prompt%22%3A%20%22a%20harbour%20to%20judge%22%7D"
COPIED = """async (ballot) => (await (await fetch(ballot)).text()).includes('name="choice"')"""


def run_plan(page: Page) -> str:
    """Run the plan on the page; return the board's address once its two runs have ended."""
    page.locator("form[data-board-plan] button").first.click()
    expect(page.locator("[data-board-id]")).to_be_visible()
    address = f"/compare/{page.locator('[data-board-id]').get_attribute('data-board-id')}/"
    expect(page.locator("[data-run-state='succeeded']")).to_have_count(2, timeout=90_000)
    return address


def board_of(page: Page) -> str:
    """Run the plan on the page; return the board's address once its files are copied."""
    address = run_plan(page)
    # `wait_for_function` would take the promise of this asynchronous function for true.
    eventually(page, lambda: bool(page.evaluate(COPIED, f"{address}vote/")))
    return address


CAMERA = "() => camera.position.clone().sub(controls.target).normalize().toArray()"


@pytest.mark.exhaustive
def test_meshes_turn_together_in_frames_that_can_do_nothing_else(open_page):
    page = open_page(f"/compare/new/?model=sandbox/relief/text-to-3d&input={INPUT}")
    page.locator("#row-values").fill("a vase\na chair")
    page.goto(run_plan(page))
    keys = [cell.get_attribute("id") for cell in page.locator(".cell-run").all()]
    page.goto(f"{page.url}judge/?{'&'.join(str(key).replace('-', '=') for key in keys)}")
    expect(page.locator("result-viewer")).to_have_attribute("data-kind", "mesh")
    frames = page.locator("mesh-view iframe")
    expect(frames).to_have_count(2)
    for number in range(2):
        expect(frames.nth(number).content_frame.locator("canvas")).to_be_visible()
        assert frames.nth(number).get_attribute("sandbox") == "allow-scripts"
    inner = [frame for frame in page.frames if frame != page.main_frame]

    def views() -> list[list[float]]:
        return [[round(part, 2) for part in frame.evaluate(CAMERA)] for frame in inner]

    def is_shared(before: list[float]) -> bool:
        one, other = views()
        return one == other != before

    eventually(page, lambda: views()[0] == views()[1])
    start = views()[0]
    page.locator(".look-tools").click()
    page.keyboard.press("ArrowRight")
    eventually(page, lambda: is_shared(start))
    page.keyboard.press("0")
    eventually(page, lambda: views() == [start, start])
    assert page.evaluate("window.origin") != inner[0].evaluate("window.origin") == "null"
    axe.assert_clean(page)


# Judging a board's results by keys, on one scale at a time.


def test_keys_say_what_is_thought_of_a_result(open_page):
    page = open_page(f"/compare/new/?{MODELS}&input={INPUT}")
    board = run_plan(page)
    page.goto(f"{board}judge/")
    facts = page.locator(".look-fact")
    hand = Hand(page)
    expect(facts.first).to_be_focused()
    hand.press("ArrowRight")
    hand.press("w")
    expect(facts.last.get_by_role("button", pressed=True)).to_have_text("Wins")
    expect(facts.last).to_be_focused()
    hand.press("ArrowLeft")
    hand.press("w")  # each row has one winner
    expect(facts.last.get_by_role("button", name="Wins its row: B")).to_have_attribute(
        "aria-pressed", "false"
    )
    axe.assert_clean(page, "judging")
    choose(page, "Stars")
    hand.press("ArrowRight")
    hand.press("4")
    expect(facts.last.locator("[data-lit]")).to_have_count(4)
    hand.press("2")
    expect(facts.last.locator("[data-lit]")).to_have_count(2)
    choose(page, "Pass or fail")
    hand.press("ArrowRight")
    hand.press("x")
    expect(facts.last.get_by_role("button", name="Fail: B", pressed=True)).to_be_visible()
    choose(page, "Notes and tags")
    facts.last.get_by_label("Note", exact=True).fill("six fingers w")
    facts.last.get_by_role("button", name="Save").click()
    expect(facts.last.locator("textarea")).to_have_value("six fingers w")
    page.goto(board)
    expect(page.locator(".cell[data-winner]")).to_have_attribute("data-column", "0")
    expect(page.locator(".stars")).to_have_attribute("aria-label", "2 of 5 stars")
    axe.assert_clean(page, "judged board")
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    axe.assert_fits(page)
    page.goto(f"{board}judge/?scale=wins")  # for the tests after this one


def choose(page: Page, scale: str) -> None:
    """Judge by another scale."""
    page.get_by_label("Judge by").click()
    page.get_by_role("link", name=scale, exact=True).click()
    expect(page.locator(".look-fact").first).to_be_focused()
