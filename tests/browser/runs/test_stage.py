"""The large result: its place, its keys, its way on to others and back; the tray on every page."""

import json
import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import assert_clean, assert_fits
from tests.browser.journeys import (
    AURORA,
    DONE,
    PHONE,
    WIDE,
    open_more,
    open_page,
    prompt,
)
from tests.browser.media import choose, field, file, held, png
from tests.browser.runs.test_journey import ready
from tests.browser.waiting import Held, wait_at_rest
from tests.sampling import sample

__all__ = ["open_page"]
pytestmark = pytest.mark.browser
# As browsers do for sites whose cookies are blocked.
FORBID_STORAGE = """for (const name of ["localStorage", "sessionStorage"])
  Object.defineProperty(window, name, {
    configurable: true,
    get() { throw new DOMException("Access is denied.", "SecurityError"); },
  });"""
BOXES = """() => [...document.querySelectorAll(".try:first-child .try-runs a")].map((tile) => {
  const { x, width, height } = tile.getBoundingClientRect();
  return [x, width, height].map(Math.round);
})"""
TOPS = """() => [".stage-run", ".try:first-child", "#playground-form"].map(
  (what) => document.querySelector(what).getBoundingClientRect().top)"""
FILES = "**/files/**"  # the pictures that upstream makes
# the pictures that a page shows: upstream's, or our copies
PICTURES = re.compile("/files/|/artifacts/")
ARTIFACT_BOXES = """() => [...document.querySelectorAll(".artifact :is(img, video)")].map((one) => {
  const { x, y, width, height } = one.getBoundingClientRect();
  return [x, y, width, height].map(Math.round);
})"""
SHIFTS = """() => {
  window.shifted = 0;
  new PerformanceObserver((list) => {
    for (const { value } of list.getEntries()) window.shifted += value;
  }).observe({ type: "layout-shift" });
}"""


def test_what_an_editor_made_is_compared_with_its_picture_at_once(open_page):
    """A mask is painted on the picture; the result comes under a slider, which keys move."""
    page = open_page("/models/sandbox/aurora/image-to-image/", WIDE)
    page.locator("[name=prompt]").fill("repainted at dusk")
    choose(field(page, "image_url"), file("sea.png", png(640, 480), "image/png"))
    held(field(page, "image_url"))
    expect(page.locator("#stage").get_by_role("img", name="Your picture")).to_be_visible()
    mask = field(page, "mask_url")
    expect(page.locator("label[for='f-mask_url']")).to_have_text("Mask")
    page.locator("#stage").get_by_role("button", name="Paint the mask").press("Enter")
    dialog = page.get_by_role("dialog", name="Paint the mask")
    expect(dialog.locator("canvas")).to_be_focused()
    page.keyboard.press("Space")
    dialog.get_by_role("button", name="Use this mask").press("Enter")
    held(mask)
    page.locator("#run-button").press("Enter")
    stage = page.locator(f"#stage [data-title='repainted at dusk']{DONE}")
    slider = stage.get_by_role("slider", name="Slider")
    expect(slider).to_have_value("50")
    expect(stage.get_by_role("img", name="Before")).to_have_attribute("src", re.compile("sea.png"))
    slider.press("ArrowRight")
    expect(slider).to_have_value("50.5")
    assert_clean(page)
    page.reload()  # it is still there tomorrow
    expect(slider).to_have_value("50")
    stage.get_by_role("link", name="Open ").press("Enter")
    expect(page.get_by_role("dialog").locator(".viewer-result")).to_be_visible()


@pytest.mark.exhaustive
def test_keys_go_through_the_results_and_are_listed(open_page):
    page = open_page(AURORA)
    for prompt_text in ("before", "after"):
        run_in(page, prompt_text)
    newest = page.url
    page.locator("#stage .run-status .state").focus()
    page.keyboard.press("ArrowRight")
    expect(page).not_to_have_url(newest)
    expect(page.locator("#stage .stage-run")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(newest)
    page.keyboard.press("s")
    expect(page.locator("[name=seed]")).not_to_have_value("")
    page.locator("#stage .run-status .state").focus()
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(keys).to_be_visible()
    assert_clean(page)
    page.keyboard.press("Escape")
    expect(keys).to_have_count(0)


def test_keys_work_where_the_browser_forbids_storage(open_page):
    page = open_page("/models/")
    page.add_init_script(FORBID_STORAGE)
    page.reload()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.goto("/runs/")  # whose tiles have a size that the browser keeps
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()


@pytest.mark.exhaustive
def test_the_tray_follows_a_run_through_all_pages(open_page):
    values = quote(json.dumps({"prompt": "in the tray", "duration": 3600}))
    page = open_page(f"/models/mischief/slow/?input={values}")
    page.locator("#run-button").click()
    bell, tray = page.locator("[data-inbox]"), page.locator("#tray")
    expect(bell).to_contain_text("1 running")
    page.goto("/models/")
    expect(bell).to_contain_text("1 running")
    expect(page).to_have_title("1 running · Models · Vitrine")
    bell.click()
    expect(tray.get_by_role("link", name="in the tray")).to_be_visible()
    assert_clean(page)
    tray.get_by_role("button", name="Cancel").click()
    expect(bell).not_to_contain_text("running")
    expect(page).to_have_title("Models · Vitrine")


@pytest.mark.exhaustive
def test_four_variations_are_a_row_that_fills_and_each_opens_on_the_stage(open_page):
    page = ready(open_page("/models/sandbox/aurora/lite/", WIDE))
    page.locator("[name=prompt]").fill("four shores")
    page.locator("label", has_text="1024 × 576").click()
    page.get_by_label("Variations", exact=True).select_option("4")
    page.locator("#run-button").press("Enter")
    tiles = page.locator(".try", has_text="four shores").locator(".try-runs > li")
    expect(tiles).to_have_count(4)
    before = page.evaluate(BOXES)
    assert len({(width, height) for _, width, height in before}) == 1
    assert before[0][1] / before[0][2] == pytest.approx(1024 / 576, abs=0.02)
    expect(tiles.locator("img")).to_have_count(4, timeout=60_000)
    assert page.evaluate(BOXES) == before
    assert_clean(page)
    last = tiles.nth(3)
    last.locator("a").press("Enter")
    expect(page.locator(f"#run-{last.get_attribute('data-run-id')}")).to_be_visible()
    expect(last.locator("a")).to_be_focused()
    open_more(page)
    page.get_by_role("button", name="Delete").click()
    expect(tiles).to_have_count(3)
    page.get_by_role("button", name="Undo").click()
    expect(tiles).to_have_count(4)
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    assert page.evaluate(TOPS) == sorted(page.evaluate(TOPS))  # the form stands below the try
    assert_fits(page)


def run_in(page: Page, words: str) -> str:
    """Run with a prompt and wait for the result; return the run's id."""
    known = page.locator("#stage [data-run-id]").evaluate_all(
        "all => all.map(o => o.dataset.runId)"
    )
    prompt(page).fill(words)
    page.locator("#run-button").click()
    done = page.locator(f"#stage {DONE}")
    others = "".join(f":not([data-run-id='{key}'])" for key in known)
    expect(page.locator(f"#stage {DONE}{others}")).to_have_count(1, timeout=60_000)
    return done.first.get_attribute("data-run-id") or ""


@pytest.mark.exhaustive
def test_back_returns_to_the_result_before_and_forward_to_the_next(open_page):
    page = open_page(AURORA)
    first = run_in(page, "one boat")
    second = run_in(page, "two boats")
    prompt(page).fill("three boats, not run yet")
    page.go_back()
    expect(page.locator(f"#stage #run-{first}-result")).to_be_visible()
    assert page.url.endswith(f"?shown={first}")
    expect(prompt(page)).to_have_value("three boats, not run yet")
    page.go_forward()
    expect(page.locator(f"#stage #run-{second}-result")).to_be_visible()
    expect(prompt(page)).to_have_value("three boats, not run yet")


def test_a_key_shows_what_more_runs_cost_and_enter_starts_them(open_page):
    """V started four paid runs by itself, also when it was a letter of a word."""
    page = open_page(AURORA)
    made = run_in(page, "a kite")
    page.locator("#stage a[data-view]").first.click()
    expect(page.locator("dialog.viewer[open] .viewer-picture[data-loaded]")).to_be_visible()
    page.keyboard.press("v")
    expect(page.get_by_role("button", name="More like this")).to_be_focused()
    expect(page.locator(".viewer-said")).to_contain_text("press Enter to start")
    expect(page).to_have_url(re.compile(f"#view={made}"))
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(rf"shown=(?!{made})"))


@pytest.mark.exhaustive
@pytest.mark.parametrize(("size", "count"), sample([(WIDE, 4), (PHONE, 1)], 1))
def test_a_picture_has_its_box_before_its_file_is_here(open_page, size, count):
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
    before = page.evaluate(ARTIFACT_BOXES)
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
    assert page.evaluate(ARTIFACT_BOXES) == before
    assert page.evaluate("window.shifted") < 0.001


@pytest.mark.exhaustive
def test_a_picture_that_does_not_come_is_words_until_it_does(open_page):
    page = open_page("/")
    broken = {"status": 200, "content_type": "image/png", "body": "no picture"}
    page.goto(f"/models/sandbox/aurora/lite/?input={quote(json.dumps({'prompt': 'missed'}))}")
    page.route(FILES, lambda route: route.fulfill(**broken))
    missing = broken | {"status": 422}
    # The stage asks twice, the picture among the tries once.
    page.route("**/artifacts/*/", lambda route: route.fulfill(**missing), times=3)
    page.locator("[name=prompt]").press("Control+Enter")
    page.wait_for_selector(f"[data-title='missed']{DONE}")
    words = page.locator("#stage .missing")
    expect(words).to_be_hidden()  # the page tries our own copy first
    expect(words).to_be_visible()
    picture = page.locator("#stage .artifact img")
    expect(picture).to_be_visible()  # the retry shows our copy
    expect(words).to_be_hidden()
