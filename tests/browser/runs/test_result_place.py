"""A result's place in a browser.

It exists before its file comes, and does not move if no file comes.
"""

import json
import re
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.journeys import DONE, PHONE, WIDE, Open, open_page
from tests.browser.waiting import Held, wait_at_rest
from tests.sampling import sample

__all__ = ["open_page"]
pytestmark = pytest.mark.browser
FILES = "**/files/**"  # the pictures that upstream makes
# the pictures that a page shows: upstream's, or our copies
PICTURES = re.compile("/files/|/artifacts/")
BOXES = """() => [...document.querySelectorAll(".artifact :is(img, video)")].map((one) => {
  const { x, y, width, height } = one.getBoundingClientRect();
  return [x, y, width, height].map(Math.round);
})"""
SHIFTS = """() => {
  window.shifted = 0;
  new PerformanceObserver((list) => {
    for (const { value } of list.getEntries()) window.shifted += value;
  }).observe({ type: "layout-shift" });
}"""


def start(open_page: Open, model: str, size: tuple[int, int] = WIDE, **values: Any) -> Page:
    """Return a page on which a run of the model has started."""
    page = open_page(f"/models/{model}/?input={quote(json.dumps(values))}", size)
    page.locator("[name=prompt]").press("Control+Enter")
    return page


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("size", "count"), sample([(WIDE, 4), (WIDE, 1), (PHONE, 1), (PHONE, 4)], 1)
)
def test_a_picture_has_its_box_before_its_file_is_here(
    open_page: Open, size: tuple[int, int], count: int
) -> None:
    page = open_page("/", size)
    files = Held(page, PICTURES)
    values = {"prompt": "in its box", "num_images": count}
    address = f"/models/sandbox/aurora/?input={quote(json.dumps(values))}"
    page.goto(address, wait_until="domcontentloaded")  # the picture of an earlier run is held
    page.locator("[name=prompt]").press("Control+Enter")
    expect(page.locator(".awaited")).to_have_count(count)
    kept = [place.bounding_box() for place in page.locator(".awaited").all()]
    page.wait_for_selector(f"[data-title='in its box']{DONE}")
    expect(page.locator(".artifact img")).to_have_count(count)
    wait_at_rest(page)  # everything that came with the end is in its place
    page.evaluate(SHIFTS)
    before = page.evaluate(BOXES)
    for place, box in zip(kept, before, strict=True):
        assert place
        # The edges of four columns are between pixels.
        assert abs(place["width"] - box[2]) <= 1
        assert abs(place["height"] - box[3]) <= 1
    assert all(min(box[2:]) > 100 for box in before)
    files.let_go(count)
    for picture in page.locator(".artifact img").all():
        expect(picture).not_to_have_js_property("naturalWidth", 0)
    wait_at_rest(page)
    assert page.evaluate(BOXES) == before
    assert page.evaluate("window.shifted") < 0.001


@pytest.mark.exhaustive
@pytest.mark.parametrize("size", sample([PHONE, WIDE], 1))
def test_a_picture_that_does_not_come_is_words_until_it_does(
    open_page: Open, size: tuple[int, int]
) -> None:
    page = open_page("/", size)
    broken = {"status": 200, "content_type": "image/png", "body": "no picture"}
    page.goto(f"/models/sandbox/aurora/lite/?input={quote(json.dumps({'prompt': 'missed'}))}")
    page.route(FILES, lambda route: route.fulfill(**broken))
    missing = broken | {"status": 422}
    # The stage asks twice, the picture among the tries once.
    page.route("**/artifacts/*/", lambda route: route.fulfill(**missing), times=3)
    page.locator("[name=prompt]").press("Control+Enter")
    page.wait_for_selector(f"[data-title='missed']{DONE}")
    words = page.locator("#stage .missing")
    expect(page.locator("#stage .place")).to_have_attribute("data-tries", "1")
    expect(words).to_be_hidden()  # the page tries our own copy first
    expect(words).to_be_visible()
    expect(words).to_contain_text("could not be loaded. Vitrine tries again automatically")
    expect(page.locator("#stage .verbs [download]")).to_be_hidden()
    expect(page.locator("#stage .artifact img")).to_be_hidden()
    figure = page.locator("#stage .artifact").bounding_box()
    assert figure
    assert figure["height"] < 160
    picture = page.locator("#stage .artifact img")
    expect(picture).to_be_visible()  # the retry shows our copy
    expect(words).to_be_hidden()
    expect(page.locator("#stage .verbs [download]")).to_be_visible()
    page.route("**/thumbnail/", lambda route: route.fulfill(**broken))
    page.goto("/runs/?as=list&q=missed")
    expect(page.locator(".run-row .mat").first).to_have_text("Not here yet")


def test_a_file_of_a_format_that_the_browser_does_not_know_is_offered_as_a_download(
    open_page: Open,
) -> None:
    page = open_page("/")
    unknown = {"status": 200, "content_type": "image/png", "body": "of a new format"}
    page.route(PICTURES, lambda route: route.fulfill(**unknown))
    page.goto(f"/models/sandbox/aurora/lite/?input={quote(json.dumps({'prompt': 'unknown'}))}")
    page.locator("[name=prompt]").press("Control+Enter")
    page.wait_for_selector(f"[data-title='unknown']{DONE}")
    note = page.locator("#stage .unplayable")
    expect(note).to_have_text(re.compile(r"cannot show this file\.\s+Download it to open it"))
    expect(note.get_by_role("link")).to_have_attribute("href", re.compile(r"\?download$"))
    expect(page.locator("#stage .missing")).to_be_hidden()


@pytest.mark.exhaustive
def test_who_runs_from_the_end_of_a_long_form_sees_the_runs_state(open_page: Open) -> None:
    page = start(open_page, "mischief/slow", prompt="scrolled", duration=3600)
    page.wait_for_selector("[data-run-state='running']")
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight / 2)")
    before = page.evaluate("scrollY")
    page.locator("#run-button").click()
    expect(page.locator("#stage .run-status .state")).to_be_in_viewport()
    page.wait_for_function("before => scrollY < before", arg=before)
    expect(page.get_by_role("button", name="Cancel").first).to_be_in_viewport()
    page.get_by_role("button", name="Cancel").first.click()


NOTES = {
    "waits": '<p class="notice" data-kind="warn">fal does not answer. Vitrine asks again.</p>',
    "pauses": '<p class="note muted small figures">fal asks to wait.</p>',
}


@pytest.mark.exhaustive
@pytest.mark.parametrize("size", sample([PHONE, WIDE], 1))
def test_a_note_moves_no_cancel(open_page: Open, size: tuple[int, int]) -> None:
    page = start(open_page, "mischief/slow", size, prompt="noted", duration=3600)
    page.wait_for_selector("[data-run-state='running']")
    status, cancel = page.locator("#stage .run-status"), page.get_by_role("button", name="Cancel")
    wait_at_rest(page)  # the page has scrolled to it
    place, status_box = _place_within(status, cancel), status.bounding_box()
    assert status_box
    assert place["x"] + place["width"] == pytest.approx(status_box["width"], abs=1)
    status.locator(".clock span").evaluate("(clock) => { clock.textContent = 'long '.repeat(20); }")
    assert _place_within(status, cancel) == place
    for note in NOTES.values():
        status.evaluate("(status, note) => status.insertAdjacentHTML('beforeend', note)", note)
        note_place = _place_within(status, status.locator("> :last-child"))
        assert note_place["y"] >= place["y"] + place["height"]
        assert _place_within(status, cancel) == place
    cancel.click()


def _place_within(outer: Locator, inner: Locator) -> dict[str, float]:
    """Return the box of `inner` relative to `outer`'s corner, however the page is scrolled."""
    place: dict[str, float] = inner.evaluate(
        """(inner, outer) => {
          const [box, corner] = [inner, outer].map((element) => element.getBoundingClientRect());
          return {x: box.x - corner.x, y: box.y - corner.y, width: box.width, height: box.height};
        }""",
        outer.element_handle(),
    )
    return place
