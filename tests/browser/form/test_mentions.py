"""References: created with pictures, offered after `@` in prompts and fields, and run."""

from __future__ import annotations

import io
import re

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
    page.goto("/references/new/")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Pictures", exact=True).set_input_files(
        [picture(first + place) for place in range(number)]
    )
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name=f"@{name}")).to_be_visible()


def test_references_are_offered_by_an_at_sign_chosen_by_keyboard_and_run(aurora: Page) -> None:
    make(aurora, "flask", 3, 1)
    make(aurora, "flagon", 2, 11)
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
    aurora.goto("/references/?q=flagon")
    aurora.get_by_role("link", name="@flagon").click()
    expect(aurora.locator(".run-tile")).to_have_count(1)
    expect(aurora.locator(".run-tile").first).to_have_attribute(
        "data-title", re.compile("^see @flask")
    )
    assert_clean(aurora)


@pytest.mark.exhaustive
def test_pictures_are_ordered_by_dragging(aurora: Page) -> None:
    make(aurora, "dragged", 3, 21)
    rows = aurora.locator(".reference-pictures > li")
    first = rows.first.locator("[name='picture']").input_value()
    width = rows.last.evaluate("row => row.clientWidth")
    # behind the middle of the last row
    rows.first.drag_to(rows.last, target_position={"x": width - 8, "y": 40})
    expect(rows.last.locator("[name='picture']")).to_have_value(first)
    # both changes are one sitting, so there is no second version
    expect(aurora.get_by_text("other order")).to_have_count(0)
    aurora.reload()
    expect(rows.last.locator("[name='picture']")).to_have_value(first)
