"""Named series: files dropped into one, offered after `@` in prompts and fields, and run."""

import io

import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from tests.browser.axe import assert_clean
from tests.browser.journeys import DONE, aurora, log_in, prompt

__all__ = ["aurora", "log_in"]
pytestmark = pytest.mark.browser
RESTYLE = "/models/sandbox/aurora/image-to-image/"


def picture(number: int) -> FilePayload:
    file = io.BytesIO()
    Image.new("RGB", (64, 64), (number, 90, 200)).save(file, "PNG")
    return {"name": f"{number}.png", "mimeType": "image/png", "buffer": file.getvalue()}


def make(page: Page, name: str, number: int, first: int) -> None:
    page.goto("/series/new/")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Name for prompts").fill(name)
    page.get_by_role("button", name="Save").click()
    page.get_by_label("Add files").set_input_files(
        [picture(first + place) for place in range(number)]
    )
    expect(page.locator(".series-wall [data-item]")).to_have_count(number)


def test_series_are_offered_by_an_at_sign_chosen_by_keyboard_and_run(aurora: Page) -> None:
    make(aurora, "flask", 3, 1)
    make(aurora, "flagon", 2, 11)
    assert_clean(aurora)
    aurora.goto(RESTYLE)
    named = aurora.locator("#run-named")
    options = aurora.locator("[role=option]:visible")
    prompt(aurora).fill("")
    prompt(aurora).press_sequentially("mail me@fla")
    expect(options).to_have_count(0)  # within a word, "@" is only a character
    prompt(aurora).fill("")
    prompt(aurora).press_sequentially("see @fla")
    expect(options).to_have_count(2)
    assert_clean(aurora)
    aurora.keyboard.press("Escape")
    expect(options).to_have_count(0)
    prompt(aurora).press_sequentially("s")
    expect(options).to_have_count(1)
    aurora.keyboard.press("Enter")
    expect(prompt(aurora)).to_have_value("see @flask ")
    expect(named).to_have_text("@flask: 1 of 3 pictures, this model takes 1")
    field = aurora.locator("media-field:not([data-mask])")
    field.get_by_role("textbox").press_sequentially("@flag")
    expect(options).to_have_count(1)
    aurora.keyboard.press("Enter")
    expect(field.locator(".media-name")).to_have_text("@flagon")
    expect(field.locator("img.media-made")).to_be_visible()
    expect(named).to_contain_text("@flagon: 1 of 2 pictures, this field takes 1")
    aurora.reload()
    expect(field.locator(".media-name")).to_have_text("@flagon")
    prompt(aurora).press("Control+Enter")
    aurora.wait_for_selector(f"#stage {DONE}")
