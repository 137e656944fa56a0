"""The viewer in a browser: keys move through the wall's results; tools per kind; the way back."""

import io
import math
import re
import struct
import wave
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from catalog.sync import post_sync
from features.library.wall import sections
from runs.files import stored_files
from runs.models import Artifact, Run, Upload
from tests.browser.axe import assert_clean, assert_fits
from tests.browser.gallery import PHONE, WIDE, Open
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


def tone(seconds: float = 1.0, rate: int = 8000) -> bytes:
    """Return a soft tone of 440 Hz as a WAV file."""
    waves = (math.sin(2 * math.pi * 440 * place / rate) for place in range(int(seconds * rate)))
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(b"".join(struct.pack("<h", int(8000 * height)) for height in waves))
    return out.getvalue()


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


def test_keys_and_addresses_lead_through_the_wall_and_back_to_the_tile(
    open_page: Open, pictures: list[Run]
) -> None:
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
def test_the_wall_loads_more_as_one_goes_on(
    open_page: Open, pictures: list[Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sections, "PAGE", 3)
    page = open_page("/runs/")
    open_first(page)
    for number in range(2, 9):
        page.keyboard.press("ArrowRight")
        expect(place(page)).to_have_text(re.compile(rf"^{number} of \d\+?$"))
    expect(place(page)).to_have_text("8 of 8")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".viewer-said")).to_have_text("This is the last one.")


@pytest.mark.exhaustive
def test_the_next_ones_are_here_before_one_goes_on(open_page: Open, pictures: list[Run]) -> None:
    page = open_page("/runs/")
    page.locator("#wall .face").first.hover()  # hovering loads the viewer
    expect(page.locator("dialog.viewer")).to_be_attached()
    open_first(page)
    page.wait_for_load_state("networkidle")  # the next two results are loaded
    page.context.set_offline(True)
    for number in (2, 3):
        page.get_by_role("button", name="Next").click()
        expect(place(page)).to_have_text(f"{number} of 8")
        expect(page.locator("dialog.viewer[open] .viewer-picture[data-loaded]")).to_be_visible()
    page.context.set_offline(False)
    open_page.errors.clear()  # type: ignore[attr-defined]  # what it could not fetch further on


@pytest.mark.exhaustive
def test_a_picture_is_zoomed_to_its_pixels_and_moved(open_page: Open, pictures: list[Run]) -> None:
    page = open_page("/runs/")
    open_first(page)
    zoom, media = page.locator("[name='zoom']"), page.locator(".viewer-media")
    fitted = zoom.inner_text()
    assert int(fitted.split()[0]) < 100
    page.keyboard.press("1")
    expect(zoom).to_have_text("100 %")
    page.keyboard.press("+")
    expect(zoom).to_have_text("150 %")
    before = media.evaluate("media => media.style.getPropertyValue('--x')")
    page.keyboard.press("Shift+ArrowLeft")
    assert media.evaluate("media => media.style.getPropertyValue('--x')") != before
    expect(place(page)).to_have_text("1 of 8")
    page.keyboard.press("0")
    expect(zoom).to_have_text(fitted)
    media.dblclick()
    expect(zoom).to_have_text("100 %")
    media.hover()
    page.mouse.wheel(0, -300)
    assert int(zoom.inner_text().split()[0]) > 100
    page.keyboard.press("g")
    expect(page.locator(".viewer-body")).to_have_attribute("data-ground", "white")


@pytest.mark.exhaustive
def test_verbs_by_key(open_page: Open, pictures: list[Run]) -> None:
    page = open_page("/runs/")
    open_first(page)
    page.keyboard.press("k")
    expect(page.locator("[data-key='k']")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(f"#wall-{pictures[5].pk} .starred")).to_have_count(1)
    page.keyboard.press("i")
    expect(page.get_by_role("region", name="Details")).to_contain_text("1200 × 900")
    page.keyboard.press("?")
    expect(page.get_by_role("region", name="Keys of the viewer")).to_be_visible()
    page.keyboard.press("?")
    with page.expect_download() as download:
        page.keyboard.press("d")
    assert download.value.suggested_filename.endswith(".png")
    page.keyboard.press("u")
    palette = page.get_by_role("dialog", name="Use this picture as…")
    expect(palette).to_be_visible()
    page.keyboard.type("kxi")  # letters for the search, not keys of the viewer
    page.keyboard.press("Escape")
    expect(palette).to_have_count(0)
    expect(page.get_by_role("region", name="Details")).to_be_visible()
    page.keyboard.press("s")
    page.wait_for_url(f"**/models/fal-ai/flux/dev/?seed={pictures[5].pk}*")


def test_what_is_typed_after_u_presses_no_other_key(open_page: Open, pictures: list[Run]) -> None:
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


def test_a_deleted_result_leaves_the_wall_and_comes_back(
    open_page: Open, pictures: list[Run]
) -> None:
    page = open_page("/runs/")
    open_first(page)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(place(page)).to_have_text("4 of 8")
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


@pytest.mark.exhaustive
def test_two_results_or_an_input_and_its_result_are_laid_over_each_other(
    open_page: Open, pictures: list[Run], make_run: Any
) -> None:
    page = open_page("/runs/")
    open_first(page)
    page.keyboard.press("c")
    expect(page.locator("[data-key='c']")).to_have_text("Marked")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("c")
    stage = page.locator(".viewer-media .look-stage")
    expect(stage).to_have_attribute("data-mode", "slider")
    stage.focus()
    page.keyboard.press("ArrowRight")
    assert stage.evaluate("stage => stage.style.getPropertyValue('--cut')") == "54%"
    assert_clean(page)
    page.keyboard.press("c")
    expect(stage).to_have_count(0)

    arguments = {"image_url": f"/runs/{pictures[0].pk}/artifacts/0/"}
    run = done(make_run, title="larger", files=[], arguments=arguments)
    store(run, png(900, 675, "navy"), "image/png", width=900, height=675)
    page.goto(page.url.partition("#")[0])
    page.reload()
    open_first(page)
    page.keyboard.press("b")
    expect(page.locator(".look-pane img").first).to_have_attribute("src", arguments["image_url"])
    page.keyboard.press("b")
    expect(page.locator(".look-pane")).to_have_count(0)
    page.keyboard.press("i")
    assert_clean(page)


@pytest.fixture
def film_run(make_run: Any, make_endpoint: Any) -> Run:
    """A run with a film, of a model that makes films from pictures."""
    inputs = document({"image_url": TEXT, "prompt": TEXT}, "video", ("image_url",))
    model = make_endpoint("fal-ai/films/image-to-video", inputs, category="image-to-video")
    post_sync.run()
    run = done(make_run, endpoint=model, title="a film", files=[])
    store(run, film(2.0), "video/mp4", width=400, height=300)
    return run


def open_film(page: Page) -> Any:
    page.locator("#wall .face").first.click()
    player = page.locator("dialog.viewer video")
    expect(player).to_have_attribute("data-loaded", "")
    return player


def test_a_film_goes_on_from_its_last_frame_in_two_presses(open_page: Open, film_run: Run) -> None:
    page = open_page("/runs/")
    player = open_film(page)
    palette = page.get_by_role("dialog", name="Use this picture as…")
    player.evaluate("film => (film.currentTime = 1.05)")
    page.keyboard.press("t")  # while it still shows another frame
    expect(palette.get_by_role("option").first).to_be_visible()
    assert Upload.objects.get().origin_at_s == 1.0
    page.keyboard.press("Escape")
    assert player.evaluate("film => film.shownS") == 1.0
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
    page.goto(page.url.partition("/models/")[0] + film_run.get_absolute_url())
    page.get_by_role("button", name="Use this frame as…").click()
    expect(palette.get_by_role("option").first).to_be_visible()


def test_a_frame_that_cannot_be_taken_is_said_in_the_viewer(open_page: Open, film_run: Run) -> None:
    page = open_page("/runs/")
    open_film(page)
    Artifact.objects.update(file="gone.mp4")
    page.keyboard.press("l")
    expect(page.get_by_text("This film is not copied to this server")).to_be_visible()
    expect(page.locator("dialog.jump")).to_have_count(0)
    open_page.errors.clear()  # type: ignore[attr-defined]  # the browser's own words about the 422


@pytest.mark.exhaustive
def test_a_film_goes_frame_by_frame(open_page: Open, film_run: Run) -> None:
    page = open_page("/runs/")
    player = open_film(page)
    time = "film => film.currentTime"
    begin = player.evaluate(time)
    page.keyboard.press(".")
    before = player.evaluate(time)
    assert before > begin
    page.keyboard.press(".")
    page.keyboard.press(",")
    assert player.evaluate(time) == pytest.approx(before)
    page.keyboard.press("[")
    page.keyboard.press(".")
    page.keyboard.press("]")
    expect(page.get_by_role("button", name="In 0:")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="Out 0:")).to_have_attribute("aria-pressed", "true")
    page.get_by_label("Speed").select_option("0.5")
    assert player.evaluate("film => film.playbackRate") == 0.5
    assert_clean(page)


@pytest.mark.exhaustive
def test_a_sound_shows_its_wave_and_loudness(open_page: Open, make_run: Any) -> None:
    store(done(make_run, title="a sound", files=[]), tone(), "audio/wav")
    page = open_page("/runs/")
    page.locator("#wall [data-view]").first.click()
    expect(page.locator("[name='loudness']")).to_have_text(
        re.compile(r"^Loudness \S\d+\.\d dB, peak \S\d+\.\d dB$")
    )
    page.locator(".viewer-media canvas").click()
    page.wait_for_function("document.querySelector('.viewer audio').currentTime > 0.1")
    assert_clean(page)


@pytest.mark.exhaustive
def test_a_text_is_rendered_raw_and_compared(open_page: Open, make_run: Any) -> None:
    make_run(state="succeeded", title="a poem", output={"text": "a **red** fox"})
    page = open_page("/runs/")
    page.locator("#wall .face").first.click()
    text = page.locator(".viewer-text")
    expect(text.locator("strong")).to_have_text("red")
    text.get_by_label("Raw").check()
    expect(text.locator("pre")).to_have_text("a **red** fox")
    expect(text.locator("strong")).to_be_hidden()
    text.get_by_label("Changed words of the prompt").check()
    expect(text.locator("del")).to_have_text("poem")


@pytest.mark.exhaustive
def test_what_cannot_be_shown_is_said(open_page: Open, pictures: list[Run]) -> None:
    page = open_page("/runs/")
    fragments = "**/artifacts/*/view/"
    page.route(fragments, lambda route: route.abort())
    page.locator("#wall .face").first.click()
    failed = page.locator(".viewer-failed")
    expect(failed).to_contain_text("The server does not answer.")
    page.unroute(fragments)
    failed.get_by_role("button", name="Try again").click()
    expect(page.locator(".viewer-picture[data-loaded]")).to_be_visible()
    Run.objects.filter(pk=pictures[0].pk).delete()
    page.keyboard.press("Escape")
    page.locator("#wall .face").last.click()
    expect(failed).to_contain_text("This result is gone")

    def lose(route: Route) -> None:
        route.fulfill(status=404, body="gone")

    page.route(re.compile(r"/artifacts/\d+/$"), lose)
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile("/runs/$"))  # it has gone back
    page.reload()
    page.locator("#wall .face").nth(3).click()
    expect(page.locator(".viewer-missing")).to_be_visible()
    open_page.errors.clear()  # type: ignore[attr-defined]  # the browser's own words about them


@pytest.mark.exhaustive
@pytest.mark.parametrize("size", sample([WIDE, PHONE], 1))
def test_it_is_usable_by_everybody(open_page: Open, pictures: list[Run], size: Any) -> None:
    page = open_page("/runs/", size)
    open_first(page)
    assert_clean(page)
    for name in ("Close", "Details"):
        expect(page.get_by_role("button", name=name)).to_be_in_viewport(ratio=1)
    expect(page.locator(".viewer-picture")).to_be_in_viewport(ratio=1)
    page.get_by_role("button", name="Details").click()
    expect(page.get_by_role("region", name="Details")).to_be_visible()
    assert_clean(page)
    assert_fits(page)
    alone = open_page(f"/runs/{pictures[5].pk}/artifacts/0/view/", size, scripts=False)
    expect(alone.locator(".viewer-picture")).to_be_visible()
    assert_fits(alone)
    alone.get_by_role("link", name="Next").click()
    expect(alone.get_by_text("2 of 3", exact=True)).to_be_visible()
