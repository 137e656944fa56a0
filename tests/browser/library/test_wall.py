"""The wall of results in a browser: stacks, sizes, keys, scrolling, and returning to a place."""

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from features.library.search import indexing
from features.library.wall import sections
from runs.models import Artifact, Run
from tests.browser.axe import assert_clean
from tests.features.library.wall.test_wall import done

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SIZES = [(512, 512), (768, 1024), (1280, 720)]
PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhf"
    "DwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
SHIFTS = """() => {
  window.shifted = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
}"""


@pytest.fixture
def many(make_run: Any) -> list[Run]:
    """Runs with one to three pictures each, newest last."""
    runs = [
        done(make_run, title=f"picture {number}", files=[SIZES[number % 3]] * (1 + number % 3))
        for number in range(90)
    ]
    Artifact.objects.update(url=PIXEL)
    return runs


@pytest.mark.exhaustive
def test_scrolling_goes_on_and_back_returns_to_the_place(open_page, many, monkeypatch):
    monkeypatch.setattr(sections, "PAGE", 25)
    page = open_page("/runs/")
    # A run's page polls whether its files have been copied; the tests' live server has no such
    # poll.
    page.route("**/runs/live/**", lambda route: route.fulfill(status=204))
    page.evaluate(SHIFTS)
    last = tile(page, many[0])
    for count in (25, 50, 75, 90):  # the next page loads before the user reaches the end
        stacks = page.locator("#wall .wall-stack")
        expect(stacks).to_have_count(count)
        stacks.nth(count - 15).scroll_into_view_if_needed()
    assert page.evaluate("window.shifted") == 0
    page.wait_for_url("**until=**")
    last.scroll_into_view_if_needed()
    top = page.evaluate("scrollY")
    assert top > 0
    last.locator(".face").click()
    viewer = page.get_by_role("dialog", name="Viewer")
    viewer.get_by_role("button", name="More", exact=True).click()
    viewer.get_by_role("link", name="Open run").click()
    page.wait_for_url(f"**{many[0].get_absolute_url()}")
    page.go_back()
    expect(page.get_by_role("dialog", name="Viewer")).to_be_visible()
    page.keyboard.press("Escape")
    expect(tile(page, many[0])).to_be_in_viewport()


@pytest.mark.exhaustive
def test_keys_go_from_tile_to_tile(open_page, many):
    page = open_page("/runs/")
    stack = page.locator(f"#wall-{many[89].pk}")
    expect(stack.locator(".tile:visible")).to_have_count(1)
    stack.get_by_role("link", name="All 3 results").click()
    expect(stack.locator(".tile:visible")).to_have_count(3)
    faces = page.locator("#wall .face:visible")
    faces.first.focus()
    page.keyboard.press("ArrowRight")
    expect(faces.nth(1)).to_be_focused()
    page.keyboard.press("ArrowDown")
    below, above = page.locator("*:focus").bounding_box(), faces.nth(1).bounding_box()
    assert below is not None
    assert above is not None
    assert below["y"] >= above["y"] + above["height"]
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Home")
    expect(faces.first).to_be_focused()
    page.keyboard.press("End")
    expect(faces.last).to_be_focused()
    key = page.evaluate("document.activeElement.id").removeprefix("wall-")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**#view={key}")


def tile(page: Page, run: Run) -> Any:
    """Return the first tile of a run."""
    return page.locator(f"[data-artifact-id='{run.pk}/0']")


def test_tiles_are_selected_by_keys_by_clicks_and_by_a_rectangle(open_page, make_run):
    runs = [done(make_run, title=f"picture {number}", files=[(512, 512)]) for number in range(8)]
    Artifact.objects.update(url=PIXEL)
    page = open_page("/runs/")
    selected = page.locator("output[data-count]")
    page.locator("#wall .face").first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    expect(selected).to_have_text("3 selected")
    page.keyboard.press("Shift+ArrowLeft")
    expect(selected).to_have_text("2 selected")
    page.keyboard.press("Control+a")
    expect(selected).to_have_text("8 selected")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Star")).to_be_hidden()

    newest = tile(page, runs[7])
    newest.hover()
    newest.get_by_role("checkbox").check()
    tile(page, runs[4]).locator(".face").click(modifiers=["Shift"])
    expect(selected).to_have_text("4 selected")
    first, other = newest.bounding_box(), tile(page, runs[6]).bounding_box()
    assert first
    assert other
    page.mouse.move(first["x"] + 60, first["y"] + 60)
    page.mouse.down()
    page.mouse.move(first["x"] + 80, first["y"] + 80, steps=3)
    page.mouse.move(other["x"] + 60, other["y"] + 90, steps=5)
    expect(selected).to_have_text("2 selected")
    page.mouse.up()
    expect(page.locator("dialog[open]")).to_have_count(0)


@pytest.fixture
def results(make_run: Any) -> None:
    """A picture and a video of a fox, and a picture of a heron."""
    ended = {"state": "succeeded", "ended_at": timezone.now()}
    image = {"images": [{"url": "https://v3.fal.media/x.png"}]}
    make_run(title="a fox", output=image, **ended)
    make_run(title="a fox runs", output={"video": {"url": "https://v3.fal.media/x.mp4"}}, **ended)
    make_run(title="a heron", output=image, **ended)
    indexing.index_all()


def test_a_line_is_typed_by_keys_and_saved_as_a_view(open_page, results):
    page = open_page("/runs/")
    stacks = page.locator("#wall .wall-stack")
    expect(stacks).to_have_count(3)
    line = page.get_by_role("combobox", name="Find results by words and conditions")
    line.press_sequentially("fox out:im")
    option = page.get_by_role("option", name="out:image")
    expect(option).to_be_visible()
    assert_clean(page)
    line.press("ArrowDown")
    expect(option).to_have_attribute("aria-selected", "true")
    line.press("Enter")
    expect(line).to_have_value("fox out:image ")
    line.press("Enter")
    expect(stacks).to_have_count(1)
    page.get_by_role("link", name="Save as a view").click()
    page.get_by_label("Name", exact=True).fill("Foxes")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Filter", exact=True).click()
    expect(page.get_by_role("link", name="Foxes")).to_have_attribute("aria-current", "true")
    page.keyboard.press("Escape")
    expect(stacks).to_have_count(1)
