"""A media field's dialogs: files from past results, by brush, and by microphone."""

import io
import re
import wave
from collections.abc import Iterator

import pytest
from django.core.files.storage import default_storage
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from runs.models import Upload
from tests.browser.axe import assert_clean
from tests.browser.media import PHONE, WIDE, choose, field, file, held, png, store_picture
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
def test_past_results_are_found_and_taken_by_keyboard(open_form, make_run, size):
    page = open_form(size)
    taken = store_picture(make_run(state="succeeded", title="a red barn"), "red")
    store_picture(make_run(state="succeeded", title="a blue lake"), "blue")
    picture = field(page, "image_url")
    picture.get_by_role("button", name="Results").press("Enter")
    dialog = page.get_by_role("dialog", name="Choose a picture")
    expect(dialog.locator(".choice-name")).to_have_text(["a blue lake", "a red barn"])
    dialog.get_by_role("searchbox").fill("barn")
    expect(dialog.locator(".choice-name")).to_have_text(["a red barn"])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    expect(page.locator("[name=image_url]")).to_have_value(taken.get_absolute_url())
    expect(picture.locator(".media-name")).to_have_text("a red barn")
    expect(picture.get_by_role("button", name="Remove")).to_be_focused()
    archive = field(page, "images_data_url")
    archive.get_by_role("button", name="From a series").press("Enter")
    dialog = page.get_by_role("dialog", name="Fill “Images data”")
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


def mask_of(page: Page) -> Image.Image:
    """Return the uploaded mask that the field names."""
    expect(page.locator("[name=mask_url]")).to_have_value(re.compile("^/uploads/"))
    pk = page.locator("[name=mask_url]").input_value().split("/")[2]
    with default_storage.open(Upload.objects.get(pk=pk).file) as file_:
        return Image.open(io.BytesIO(file_.read())).convert("L")


@pytest.mark.parametrize("size", sample([PHONE, WIDE], 1))
def test_a_mask_is_painted_in_the_pictures_own_size(open_form, size):
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
    dialog.get_by_role("button", name="Use this mask").press("Enter")
    painted = mask_of(page)
    assert painted.size == (200, 120)
    places = ((50, 60), (75, 60), (150, 60), (75, 5))
    assert [painted.getpixel(at) for at in places] == [255, 255, 0, 0]
    held(mask)
    expect(mask.locator(".media-name")).to_have_text("sea-mask.png")


@pytest.mark.exhaustive
@pytest.mark.parametrize("size", sample([PHONE, WIDE], 1))
def test_a_sound_is_recorded_by_keyboard(open_form, size):
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
