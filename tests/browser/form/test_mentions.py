"""What a prompt offers: named series after `@`, saved prompts after `/`, chosen by keyboard."""

import io

import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from tests.browser.axe import assert_clean
from tests.browser.journeys import AURORA, DONE, aurora, open_page, prompt

__all__ = ["aurora", "open_page"]
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


def test_series_are_offered_by_an_at_sign_chosen_by_keyboard_and_run(aurora):
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


def save(page: Page, name: str, text: str) -> None:
    page.goto("/prompts/new/")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Text", exact=True).fill(text)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()


@pytest.mark.exhaustive
def test_saved_prompts_open_by_a_slash_and_are_filled_in_by_keyboard(aurora):
    save(aurora, "Slashed fox", "a {red|green} {animal} in the snow")
    save(aurora, "Slashed ink", "{prompt}, ink on paper")
    aurora.goto(AURORA)
    prompt(aurora).fill("")
    prompt(aurora).press_sequentially("at dusk /slash")
    options = aurora.locator("[role=option]:visible")
    expect(options).to_have_count(2)
    aurora.keyboard.press("Escape")
    expect(options).to_have_count(0)
    expect(prompt(aurora)).to_have_value("at dusk /slash")
    prompt(aurora).press_sequentially("ed")
    expect(options).to_have_count(2)
    aurora.keyboard.press("ArrowDown")  # the latest change comes first
    aurora.keyboard.press("Enter")
    aurora.get_by_label("animal").fill("heron")
    assert_clean(aurora)
    aurora.keyboard.press("Enter")
    expect(prompt(aurora)).to_have_value("at dusk a red heron in the snow")
    expect(prompt(aurora)).to_be_focused()
    aurora.keyboard.press("Control+z")
    expect(prompt(aurora)).to_have_value("at dusk /slashed")
    aurora.keyboard.press("Control+Shift+z")
    prompt(aurora).press_sequentially(" /ink")
    expect(options).to_have_count(1)
    aurora.keyboard.press("Enter")
    aurora.get_by_label("prompt", exact=True).fill("drawn")
    aurora.keyboard.press("Enter")
    expect(prompt(aurora)).to_have_value("at dusk a red heron in the snow drawn, ink on paper")
    prompt(aurora).press("Control+Enter")
    aurora.wait_for_selector(f"#stage {DONE}")
