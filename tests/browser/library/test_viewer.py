"""The viewer in a browser: keys move through the wall's results; tools per kind; the way back."""

import io
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from catalog.sync import post_sync
from runs.files import stored_files
from runs.models import Artifact, Run, Upload
from tests.browser.axe import assert_clean, assert_fits
from tests.browser.gallery import PHONE, WIDE
from tests.browser.media import png
from tests.browser.waiting import Held
from tests.catalog.thumbs import film
from tests.features.library.wall.test_wall import done
from tests.runs.results_to_use import TEXT, document
from tests.sampling import sample

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
COLOURS = ("teal", "maroon", "olive")


def store(run: Run, content: bytes, content_type: str, position: int = 0, **more: Any) -> Artifact:
    """Give a run a file that is stored here."""
    copy = stored_files.store(io.BytesIO(content), content_type)
    kind = content_type.partition("/")[0]
    return Artifact.objects.create(
        run=run, position=position, path="$", kind=kind, url="x", state="stored", file=copy.name,
        digest=copy.digest, content_type=copy.content_type, **more,
    )  # fmt: skip


@pytest.fixture
def pictures(make_run: Any) -> list[Run]:
    """Six runs, newest last: with one picture each, the last one with three."""
    runs = [done(make_run, title=f"picture {number}", files=[]) for number in range(6)]
    Run.objects.update(output={"seed": 77})
    for number, run in enumerate(runs):
        for position in range(3 if number == 5 else 1):
            content = png(1200, 900, COLOURS[(number + position) % 3])
            store(run, content, "image/png", position, width=1200, height=900)
    return runs


def open_first(page: Page) -> None:
    """Open the viewer with the wall's first tile."""
    page.locator("#wall .face").first.click()
    expect(page.locator("dialog.viewer[open] .viewer-picture[data-loaded]")).to_be_visible()


def place(page: Page) -> Any:
    return page.locator(".viewer-place")


def test_keys_and_addresses_lead_through_the_wall_and_back_to_the_tile(open_page, pictures):
    page = open_page("/runs/")
    open_first(page)
    assert page.url.endswith(f"#view={pictures[5].pk}/0")
    expect(place(page)).to_have_text("1 of 8")  # the count includes each picture of a closed stack
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(place(page)).to_have_text("4 of 8")
    expect(page.locator(".viewer-prompt")).to_have_text("picture 4")
    page.keyboard.press("ArrowLeft")
    expect(place(page)).to_have_text("3 of 8")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Escape")
    expect(page.locator("dialog.viewer[open]")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"/runs/$"))
    expect(page.locator(f"[id='wall-{pictures[4].pk}/0']")).to_be_focused()

    page.goto(f"{page.url}#view={pictures[2].pk}/0")
    page.reload()
    expect(place(page)).to_have_text("6 of 8")
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile(r"/runs/$"))
    open_first(page)
    page.keyboard.press("ArrowRight")
    page.go_back()
    expect(page.locator("dialog.viewer[open]")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"/runs/$"))
    page.go_forward()
    expect(place(page)).to_have_text("2 of 8")
    page.evaluate("location.hash = '#view=/accounts/logout/'")  # this is no key of a result
    expect(place(page)).to_have_text("2 of 8")


@pytest.mark.exhaustive
def test_a_result_is_zoomed_kept_used_and_compared_by_keys(open_page, pictures):
    page = open_page("/runs/")
    open_first(page)
    zoom, media = page.locator("[name='zoom']"), page.locator(".viewer-media")
    page.keyboard.press("1")
    page.keyboard.press("+")
    expect(zoom).to_have_text("150 %")
    before = media.evaluate("media => media.style.getPropertyValue('--x')")
    page.keyboard.press("Shift+ArrowLeft")
    assert media.evaluate("media => media.style.getPropertyValue('--x')") != before
    expect(place(page)).to_have_text("1 of 8")
    media.hover()
    page.mouse.wheel(0, -300)
    expect(zoom).not_to_have_text("150 %")
    page.keyboard.press("0")
    page.keyboard.press("k")
    expect(page.locator("[data-key='k']")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(f"#wall-{pictures[5].pk} .starred")).to_have_count(1)
    page.keyboard.press("i")
    expect(page.get_by_role("region", name="Details")).to_contain_text("1200 × 900")
    with page.expect_download() as download:
        page.keyboard.press("d")
    assert download.value.suggested_filename.endswith(".png")
    for key in ("c", "ArrowRight", "c"):
        page.keyboard.press(key)
    stage = media.locator(".look-stage")
    expect(stage).to_have_attribute("data-mode", "slider")
    page.keyboard.press("c")
    expect(stage).to_have_count(0)
    page.keyboard.press("s")
    page.wait_for_url("**/models/fal-ai/flux/dev/?seed=*")


def test_what_is_typed_after_u_presses_no_other_key(open_page, pictures):
    """“Video” typed before the picker was there pressed V, which started four paid runs."""
    page = open_page("/runs/")
    results, lists = Held(page, "**/artifacts/*/view/"), Held(page, "**/uses/**")
    page.locator("#wall .face").first.click()
    expect(page.get_by_role("dialog", name="Viewer")).to_be_visible()
    page.keyboard.press("u")
    page.keyboard.type("video x")
    page.keyboard.press("Enter")
    box = page.locator("dialog.jump").get_by_role("combobox")
    expect(box).to_have_value("video x")
    results.let_go()
    lists.let_go()
    expect(page.get_by_role("dialog", name="Use this picture as…")).to_be_visible()
    expect(box).to_have_value("video x")
    expect(page).to_have_url(re.compile("/runs/"))
    assert Run.objects.count() == len(pictures)


def test_a_deleted_result_leaves_the_wall_and_comes_back(open_page, pictures):
    page = open_page("/runs/")
    open_first(page)
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("x")
    undo = page.locator("dialog.viewer").get_by_role("button", name="Undo")
    expect(undo).to_be_focused()
    expect(page.locator(f"#wall-{pictures[4].pk}")).to_be_hidden()
    page.keyboard.press("ArrowRight")
    expect(place(page)).to_have_text("4 of 7")
    page.keyboard.press("x")
    expect(undo).to_be_focused()
    page.keyboard.press("Enter")
    expect(undo).to_have_count(0)
    expect(place(page)).to_have_text("4 of 7")
    assert Run.objects.filter(deleted_at=None).count() == 5


def test_a_film_goes_on_from_its_last_frame_in_two_presses(open_page, make_run, make_endpoint):
    inputs = document({"image_url": TEXT, "prompt": TEXT}, "video", ("image_url",))
    model = make_endpoint("fal-ai/films/image-to-video", inputs, category="image-to-video")
    post_sync.run()
    run = done(make_run, endpoint=model, title="a film", files=[])
    store(run, film(2.0), "video/mp4", width=400, height=300)
    page = open_page("/runs/")
    page.locator("#wall .face").first.click()
    player = page.locator("dialog.viewer video")
    expect(player).to_have_attribute("data-loaded", "")
    palette = page.get_by_role("dialog", name="Use this picture as…")
    player.evaluate("film => (film.currentTime = 1.05)")
    page.keyboard.press("t")  # while it still shows another frame
    expect(palette.get_by_role("option").first).to_be_visible()
    assert Upload.objects.get().origin_at_s == 1.0
    page.keyboard.press("Escape")
    posts: list[str] = []
    page.on("request", lambda sent: posts.append(sent.url) if sent.method == "POST" else None)
    page.get_by_role("button", name="Go on from the last frame").dblclick()
    expect(palette.get_by_role("option").first).to_be_visible()
    assert len(posts) == 1
    expect(palette).to_contain_text("The film's model")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/models/fal-ai/films/image-to-video/"))
    last = Upload.objects.latest("origin_at_s")
    assert last.origin_at_s == pytest.approx(2.0, abs=0.2)
    expect(page.locator("[name='image_url']").first).to_have_value(last.get_absolute_url())


@pytest.mark.exhaustive
def test_what_could_not_be_loaded_is_tried_again(open_page, contexts, pictures):
    page = open_page("/runs/")
    fragments = "**/artifacts/*/view/"
    page.route(fragments, lambda route: route.abort())
    page.locator("#wall .face").first.click()
    failed = page.locator(".viewer-failed")
    expect(failed).to_contain_text("The server does not answer.")
    page.unroute(fragments)
    failed.get_by_role("button", name="Try again").click()
    expect(page.locator(".viewer-picture[data-loaded]")).to_be_visible()
    contexts.errors.clear()  # what the browser says about the aborted request


@pytest.mark.exhaustive
@pytest.mark.parametrize("size", sample([WIDE, PHONE], 1))
def test_the_viewer_is_usable_by_everybody(open_page, pictures, size):
    page = open_page("/runs/", size)
    open_first(page)
    page.get_by_role("button", name="Details").click()
    expect(page.get_by_role("region", name="Details")).to_be_visible()
    assert_clean(page)
    assert_fits(page)
