"""From dropped pictures through a training to a picture made with the new weights."""

from __future__ import annotations

import base64

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.browser.axe import assert_clean, assert_fits
from tests.browser.journeys import DONE, PHONE, Open, open_page
from tests.features.training.conftest import picture

__all__ = ["open_page"]
pytestmark = pytest.mark.browser


def drop(page: Page, files: list[FilePayload]) -> None:
    """Drag files over the page and drop them on its heading."""
    given = [
        [file["name"], file["mimeType"], base64.b64encode(file["buffer"]).decode()]
        for file in files
    ]
    page.evaluate("customElements.whenDefined('dataset-files')")
    page.evaluate(
        """async (given) => {
          const dataTransfer = new DataTransfer();
          for (const [name, type, text] of given) {
            const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
            dataTransfer.items.add(new File([bytes], name, { type }));
          }
          const heading = document.querySelector("h1");
          const fire = (name) => heading.dispatchEvent(
            new DragEvent(name, { bubbles: true, cancelable: true, dataTransfer }));
          fire("dragenter");
          for (let tries = 0; !document.querySelector(".drop-hint") && tries < 500; tries += 1)
            await new Promise((soon) => setTimeout(soon, 20));
          fire("dragover");
          fire("drop");
        }""",
        given,
    )


@pytest.mark.exhaustive
def test_pictures_become_weights_and_weights_a_picture(open_page: Open) -> None:
    page = open_page("/models/sandbox/aurora/trainer/", PHONE)
    page.get_by_role("link", name="Create a data set").click()
    page.get_by_label("Name", exact=True).fill("Embers")
    page.get_by_label("Trigger word").fill("emberglow")
    colours = {"a.png": "orange", "b.png": "darkred", "c.png": "gold"}
    files: list[FilePayload] = [
        {"name": name, "mimeType": "image/png", "buffer": picture(colour)}
        for name, colour in colours.items()
    ]
    drop(page, files[:2])
    page.locator("input[type=file]").focus()
    drop(page, files[2:])
    page.get_by_role("button", name="Create data set").click()
    expect(page.get_by_text("3 pictures ·")).to_be_visible()
    page.get_by_label("Caption of b.png").fill("red embers")
    more: FilePayload = {"name": "d.png", "mimeType": "image/png", "buffer": picture("black")}
    drop(page, [more])  # onto the heading; the upload also saves what was typed
    expect(page.get_by_text("4 pictures ·")).to_be_visible()
    expect(page.get_by_label("Caption of b.png")).to_have_value("red embers")
    page.get_by_label("Caption of a.png").fill("glowing embers")
    assert_clean(page)
    assert_fits(page)
    page.get_by_role("button", name="Continue to the form").click()
    expect(page.get_by_text("now holds the data set “Embers”")).to_be_visible()
    page.locator("#run-button").click()
    expect(page.locator(f"#stage {DONE}")).to_have_count(1, timeout=90_000)
