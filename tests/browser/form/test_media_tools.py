"""A media field's dialogs: files from past results, by brush, and by microphone."""

import io
import re
import wave
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.storage import default_storage
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from runs.models import Upload
from tests.browser.axe import assert_clean
from tests.browser.media import PHONE, WIDE, Open, choose, field, file, held, png, store_picture
from tests.chromium import FLAGS, find_program
from tests.sampling import sample

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FAKE_MICROPHONE = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]


@pytest.fixture(scope="module")
def chromium(chromium: Browser) -> Iterator[Browser]:
    """A second Chromium beside that of the other tests, with a microphone that beeps."""
    flags = [*FLAGS, *FAKE_MICROPHONE]
    program = find_program()
    with chromium.browser_type.launch(executable_path=program, args=flags) as started:
        yield started


@pytest.mark.exhaustive
@pytest.mark.parametrize("size", sample([WIDE, PHONE], 1))
def test_past_results_are_found_and_taken_by_keyboard(
    open_form: Open, make_run: Any, size: Any
) -> None:
    page = open_form(size)
    taken = store_picture(make_run(state="succeeded", title="a red barn"), "red")
    store_picture(make_run(state="succeeded", title="a blue lake"), "blue")
    picture = field(page, "image_url")
    picture.get_by_role("button", name="Results").press("Enter")
    dialog = page.get_by_role("dialog", name="Choose a picture")
    expect(dialog.locator(".choice-name")).to_have_text(["a blue lake", "a red barn"])
    assert_clean(page)
    dialog.get_by_role("searchbox").fill("barn")
    expect(dialog.locator(".choice-name")).to_have_text(["a red barn"])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    expect(page.locator("[name=image_url]")).to_have_value(taken.get_absolute_url())
    expect(picture.locator(".media-name")).to_have_text("a red barn")
    expect(picture.get_by_role("button", name="Remove")).to_be_focused()
    picture.get_by_role("button", name="Results").press("Enter")
    dialog.get_by_role("radio", name="Uploads").press("Space")
    expect(dialog).to_contain_text("You have not uploaded any yet.")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(picture.get_by_role("button", name="Results")).to_be_focused()
    archive = field(page, "images_data_url")
    archive.get_by_role("button", name="From a series").press("Enter")
    dialog = page.get_by_role("dialog", name="Fill “Images data”")
    expect(dialog).to_contain_text("This project has no series yet.")
    dialog.get_by_role("radio", name="Results").press("Space")
    expect(dialog.locator(".choice")).to_have_count(2)
    for name in ("a blue lake", "a red barn"):
        dialog.get_by_role("button", name=name).press("Space")
    expect(dialog.locator("[aria-pressed=true]")).to_have_count(2)
    assert_clean(page)
    dialog.get_by_role("button", name="Pack into a ZIP").press("Enter")
    expect(archive.locator(".media-note")).to_contain_text(
        re.compile("^2 pictures, .* with 2 captions")
    )
    expect(archive.locator(".media-name")).to_have_text("2 files.zip")
    expect(archive.get_by_role("button", name="From a series")).to_be_focused()


def mask_of(page: Page) -> Image.Image:
    """Return the uploaded mask that the field names."""
    expect(page.locator("[name=mask_url]")).to_have_value(re.compile("^/uploads/"))
    pk = page.locator("[name=mask_url]").input_value().split("/")[2]
    with default_storage.open(Upload.objects.get(pk=pk).file) as file_:
        return Image.open(io.BytesIO(file_.read())).convert("L")


@pytest.mark.parametrize("size", sample([PHONE, WIDE], 1))
def test_a_mask_is_painted_in_the_pictures_own_size(open_form: Open, size: Any) -> None:
    page = open_form(size)
    mask = field(page, "mask_url")
    paint = mask.get_by_role("button", name="Paint")
    expect(paint).to_be_hidden()
    choose(field(page, "image_url"), file("sea.png", png(200, 120), "image/png"))
    held(field(page, "image_url"))
    paint.press("Enter")
    dialog = page.get_by_role("dialog", name="Paint the mask")
    sheet = dialog.locator("canvas")
    expect(sheet).to_be_focused()
    assert_clean(page)
    box = sheet.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=4)
    page.mouse.up()
    page.keyboard.press("]")
    page.keyboard.press("Control+z")
    expect(dialog.get_by_role("button", name="Undo")).to_be_disabled()
    page.keyboard.press("Control+Shift+z")
    page.keyboard.press("Escape")
    dialog.get_by_role("button", name="Keep painting").press("Enter")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    dialog.get_by_role("button", name="Use this mask").press("Enter")
    painted = mask_of(page)
    assert painted.size == (200, 120)
    places = ((50, 60), (75, 60), (150, 60), (75, 5))
    assert [painted.getpixel(at) for at in places] == [255, 255, 0, 0]
    held(mask)
    expect(mask.locator(".media-name")).to_have_text("sea-mask.png")


@pytest.mark.exhaustive
def test_a_mask_is_edited_by_keyboard_alone_and_strokes_are_not_lost_by_mistake(
    open_form: Open,
) -> None:
    page = open_form()
    choose(field(page, "image_url"), file("sea.png", png(200, 120), "image/png"))
    held(field(page, "image_url"))
    old = Image.new("L", (100, 60))
    old.paste(255, (0, 0, 50, 60))
    saved = io.BytesIO()
    old.save(saved, "PNG")
    mask = field(page, "mask_url")
    choose(mask, file("half.png", saved.getvalue(), "image/png"))
    held(mask)
    mask.get_by_role("button", name="Paint").press("Enter")
    dialog = page.get_by_role("dialog", name="Paint the mask")
    expect(dialog.locator("canvas")).to_be_focused()
    page.keyboard.press("Escape")  # nothing is painted yet, so the dialog closes without a question
    expect(dialog).to_have_count(0)
    mask.get_by_role("button", name="Paint").press("Enter")
    expect(dialog.locator("canvas")).to_be_focused()
    dialog.get_by_role("button", name="Invert").press("Enter")
    dialog.locator("canvas").focus()
    page.keyboard.press("e")
    for key in ["ArrowRight"] * 12 + ["Space"]:
        page.keyboard.press(key)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Keep painting").press("Enter")
    dialog.get_by_role("button", name="Use this mask").press("Enter")
    expect(mask.locator(".media-name")).to_have_text("sea-mask.png")
    held(mask)
    painted = mask_of(page)
    assert painted.size == (200, 120)
    assert (painted.getpixel((40, 60)), painted.getpixel((190, 5))) == (0, 255)
    assert 0 in [painted.getpixel((x, 60)) for x in range(110, 200)]  # the erased part
    mask.get_by_role("button", name="Paint").press("Enter")
    expect(dialog.locator("canvas")).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    dialog.get_by_role("button", name="Discard").press("Enter")
    expect(dialog).to_have_count(0)
    expect(mask.locator(".media-name")).to_have_text("sea-mask.png")


@pytest.mark.exhaustive
@pytest.mark.parametrize("size", sample([PHONE, WIDE], 1))
def test_a_sound_is_recorded_and_a_refused_microphone_says_how_to_go_on(
    open_form: Open, size: Any
) -> None:
    page = open_form(size)
    sound = field(page, "audio_url")
    sound.get_by_role("button", name="Record").press("Enter")
    dialog = page.get_by_role("dialog", name="Record a sound")
    expect(dialog.get_by_role("button", name="Record", exact=True)).to_be_focused()
    assert_clean(page)
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("button", name="Stop")).to_be_focused()
    expect(dialog.locator(".recorder-time")).not_to_have_text(re.compile(r"0:00\.[0-7]"))
    page.keyboard.press("Enter")
    expect(dialog.locator("audio")).to_be_visible()
    assert_clean(page)
    page.keyboard.press("Escape")
    expect(dialog.locator(".recorder-note")).to_contain_text("once more to throw")
    dialog.get_by_role("button", name="Use this recording").press("Enter")
    held(sound)
    kept = Upload.objects.get()
    assert kept.content_type == "audio/wav"
    with default_storage.open(kept.file) as file_, wave.open(file_) as recorded:
        assert recorded.getsampwidth() == 2
        assert recorded.getnframes() / recorded.getframerate() > 0.5
    expect(sound.get_by_role("button", name=re.compile("^Play recording-"))).to_be_visible()
    expect(sound.locator(".media-note")).to_have_text(re.compile(r"^WAV · \d+ KB · \d"))

    page.reload()
    page.evaluate(
        "() => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', "
        "'NotAllowedError')) }"
    )
    field(page, "audio_url").get_by_role("button", name="Record").click()
    dialog.get_by_role("button", name="Record", exact=True).click()
    expect(dialog.get_by_role("status")).to_contain_text("Allow it")
    expect(dialog.get_by_role("button", name="Record", exact=True)).to_be_visible()


@pytest.mark.exhaustive
def test_a_price_that_waits_for_a_measurement_comes_without_a_reload(open_form: Open) -> None:
    """A busy worker may measure a recording after minutes."""
    page = open_form()
    page.evaluate(
        "() => { const wait = setTimeout; window.setTimeout = (run) => wait(run, 5) }"
    )  # this lets minutes pass at once
    answer = {
        "words": "Price unknown",
        "head": "being measured",
        "lines": [],
        "named": [],
        "is_measuring": True,
    }
    known = {**answer, "words": "about $0.02", "is_measuring": False}
    answers = iter([answer] * 20)
    page.route(
        "**/drafts/**",
        lambda route: route.fulfill(json={"version": 1, "cost": next(answers, known)}),
    )
    text = field(page, "audio_url").locator("input").first
    text.evaluate("input => input.dispatchEvent(new Event('input', { bubbles: true }))")
    expect(page.locator("#run-cost")).to_have_text("about $0.02")
