"""The large result: whole on the first screen, with its keys; and the tray on every page."""

import json
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, Request, expect

from tests.browser.axe import assert_clean, assert_fits
from tests.browser.journeys import DONE, PHONE, WIDE, Open, open_page
from tests.browser.media import choose, field, file, held, png
from tests.browser.waiting import Held, eventually, pass_time
from tests.sampling import sample

__all__ = ["open_page"]
pytestmark = pytest.mark.browser
TABLET, LARGE = (820, 1180), (1920, 1080)
# As browsers do for sites whose cookies are blocked.
FORBID_STORAGE = """for (const name of ["localStorage", "sessionStorage"])
  Object.defineProperty(window, name, {
    configurable: true,
    get() { throw new DOMException("Access is denied.", "SecurityError"); },
  });"""
CSRF_TOKEN = "() => JSON.parse(document.body.getAttribute('hx-headers'))['x-csrftoken']"
EDGES = """() => {
  const edge = (element) => Math.round(element.getBoundingClientRect().left);
  const first = [...document.querySelector(".head").children].find((one) => one.offsetWidth);
  return [edge(first), edge(document.querySelector(".model-head"))];
}"""


def run(open_page: Open, size: tuple[int, int], prompt: str, **values: object) -> Page:
    """Return a page with a successful run."""
    filled = quote(json.dumps({"prompt": prompt, **values}))
    page = open_page(f"/models/sandbox/aurora/?input={filled}", size)
    page.locator("#run-button").click()
    page.wait_for_selector(f"[data-title='{prompt}']{DONE}")
    return page


def requests_for_rows(page: Page) -> list[str]:
    """Return a list of the tray's addresses that the page requests from now on."""
    addresses: list[str] = []

    def note(request: Request) -> None:
        if "/inbox/panel/" in request.url:
            addresses.append(request.url)

    page.on("request", note)
    return addresses


def id_of_large_run(page: Page) -> str:
    """Return the id of the large run, from the page's address."""
    return page.url.partition("shown=")[2]


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    "size", sample([PHONE, LARGE, WIDE, TABLET], 1), ids=lambda size: str(size[0])
)
def test_four_pictures_fill_the_stage(open_page: Open, size: tuple[int, int]) -> None:
    page = run(open_page, size, prompt="on the stage", num_images=4)
    expect(page.locator("#stage .run-status .state")).to_be_in_viewport(ratio=1)
    for picture in page.locator("#stage .artifact .place").all()[:2]:
        expect(picture).to_be_in_viewport(ratio=1)
    boxes = [artifact.bounding_box() for artifact in page.locator("#stage .artifact").all()]
    assert [len({box[side] for box in boxes if box}) for side in ("x", "y")] == [2, 2]
    stage = page.locator("#stage .result").bounding_box()
    assert stage
    assert sum(box["width"] for box in boxes[:2] if box) > stage["width"] - 16
    head, content = page.evaluate(EDGES)
    assert head == content
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(page.locator(f"#try-{id_of_large_run(page)}")).to_have_attribute("aria-current", "true")
    page.goto("/runs/?as=list")
    for width in (820, 768, 360):
        page.set_viewport_size({"width": width, "height": 900})
        assert_fits(page, f"{width} pixels")
        edges = page.eval_on_selector_all(
            ".head nav > *", "all => all.map(one => one.getBoundingClientRect().right)"
        )
        assert max(edges) <= width


def test_what_an_editor_made_is_compared_with_its_picture_at_once(open_page: Open) -> None:
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
    for word in ("Before", "After"):
        expect(stage.get_by_text(word, exact=True)).to_be_visible()
    expect(stage.get_by_role("img", name="Before")).to_have_attribute("src", re.compile("sea.png"))
    slider.press("ArrowRight")
    expect(slider).to_have_value("50.5")
    assert_clean(page)
    page.reload()  # it is still there tomorrow
    expect(slider).to_have_value("50")
    stage.get_by_role("link", name="Open ").press("Enter")
    expect(page.get_by_role("dialog").locator(".viewer-result")).to_be_visible()


@pytest.mark.exhaustive
def test_keys_go_through_the_results_and_are_listed(open_page: Open) -> None:
    run(open_page, WIDE, prompt="before")
    page = run(open_page, WIDE, prompt="after")
    newest = page.url
    shown = page.locator(f"#try-{id_of_large_run(page)}")
    expect(shown).to_have_attribute("aria-current", "true")
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
    expect(keys).to_contain_text("Keep the result")
    assert_clean(page)
    page.keyboard.press("Escape")
    expect(keys).to_have_count(0)


def test_keys_work_where_the_browser_forbids_storage(open_page: Open) -> None:
    page = open_page("/models/")
    page.add_init_script(FORBID_STORAGE)
    page.reload()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.locator("[data-shortcut='/']")).to_be_focused()
    page.goto("/runs/")  # whose tiles have a size that the browser keeps
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()


def test_paper_is_white_in_the_dark_theme(open_page: Open) -> None:
    page = open_page("/models/", color_scheme="dark")
    colours = """theme => {
      document.documentElement.dataset.theme = theme;
      const { color, backgroundColor } = getComputedStyle(document.body);
      return [color, backgroundColor];
    }"""
    light, dark = page.evaluate(colours, "light"), page.evaluate(colours, "dark")
    assert light != dark
    page.emulate_media(media="print")
    assert page.evaluate(colours, "dark") == light


@pytest.mark.exhaustive
def test_the_tray_follows_a_run_through_all_pages(open_page: Open) -> None:
    values = quote(json.dumps({"prompt": "in the tray", "duration": 3600}))
    page = open_page(f"/models/mischief/slow/?input={values}")
    page.clock.install()
    requests = requests_for_rows(page)
    sent = Held(page, re.compile(r"/models/mischief/slow/\?project="))
    page.locator("#run-button").click()
    sent.come()
    pass_time(page, 2)  # longer than the delay of a session's first press
    sent.let_go()
    bell, tray = page.locator("[data-inbox]"), page.locator("#tray")
    expect(bell).to_contain_text("1 running")
    pass_time(page, 2)  # longer than the delay of a page without rows
    assert not requests  # this page shows and watches its run itself
    bell.click()
    expect(tray.get_by_role("link", name="in the tray")).to_be_visible()
    assert len(requests) == 1
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
def test_the_bell_counts_a_run_down_whose_rows_were_never_fetched(open_page: Open) -> None:
    """The first press may fetch them before the run is counted; then nothing fetches them again."""
    page = open_page("/models/sandbox/ridgeline/")
    page.route("**/inbox/panel/**", lambda route: route.abort())
    page.locator("[name=prompt]").fill("a ridge")
    page.locator("#run-button").click()
    bell = page.locator("[data-inbox]")
    expect(bell).to_contain_text("1 running")
    expect(page.locator(f"#stage [data-title='a ridge']{DONE}")).to_be_visible(timeout=60_000)
    expect(bell).not_to_contain_text("running")


def test_the_bell_asks_again_after_an_answer_that_failed(open_page: Open) -> None:
    """On a page that does not show the run, nothing else would say that it has ended."""
    values = quote(json.dumps({"prompt": "not answered", "duration": 3600}))
    page = open_page(f"/models/mischief/slow/?input={values}")
    page.locator("#run-button").click()
    bell = page.locator("[data-inbox]")
    expect(bell).to_contain_text("1 running")
    run = page.url.partition("shown=")[2]
    page.clock.install()
    asked = Held(page, "**/inbox/panel/**")
    page.goto("/models/")
    asked.come()
    post = f"/runs/{run}/cancellation/"
    headers = {"referer": page.url, "x-csrftoken": page.evaluate(CSRF_TOKEN)}
    assert page.request.post(post, headers=headers).ok
    asked.refuse()
    expect(bell).to_contain_text("1 running")
    pass_time(page, 6)
    expect(bell).not_to_contain_text("running")


def test_the_bell_goes_by_the_servers_clock(open_page: Open) -> None:
    """Else a computer that is behind counts what ended before its person began."""
    ended = run(open_page, WIDE, prompt="long over")
    ended.close()
    page = open_page("/models/sandbox/ridgeline/")
    page.clock.install(time=datetime.now(UTC) - timedelta(hours=2))
    page.reload()
    page.locator("[name=prompt]").fill("of now")
    page.locator("#run-button").click()
    bell = page.locator("[data-inbox]")
    pass_time(page, 2)
    expect(bell).to_contain_text("1 running")
    page.goto("/models/")
    eventually(page, lambda: "1 done" in move_on(page, bell))
    bell.click()
    tray = page.locator("#tray")
    expect(tray.get_by_role("link", name="of now")).to_be_visible()
    expect(tray.get_by_role("link", name="long over")).to_have_count(0)


def move_on(page: Page, bell: Locator) -> str:
    """Let a second pass for the page; return what its bell says then."""
    pass_time(page, 1)
    return bell.inner_text()


def test_two_visible_tabs_agree_on_the_runs_in_progress(open_page: Open) -> None:
    values = quote(json.dumps({"prompt": "two tabs", "duration": 3600}))
    first = open_page("/models/")
    base = first.evaluate("location.origin")
    second = first.context.new_page()
    asked, asked_by_second = map(requests_for_rows, (first, second))
    second.goto(f"{base}/models/mischief/slow/?input={values}")
    for count in (1, 2):
        second.locator("#run-button").click()
        for page in (first, second):
            expect(page.locator("[data-inbox]")).to_contain_text(f"{count} running")
    first.locator("[data-inbox]").click()
    cancel = first.locator("#tray").get_by_role("button", name="Cancel")
    expect(cancel).to_have_count(2)
    for left in (1, 0):
        cancel.first.click()
        expect(cancel).to_have_count(left)
    for page in (first, second):
        expect(page.locator("[data-inbox]")).not_to_contain_text("running")
    assert len(asked) <= 2  # once for the button, once for the rows
    # its second run replaces the first, which the button then watches
    assert len(asked_by_second) <= 1
