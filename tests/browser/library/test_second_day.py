"""A designer's second day with a poster, in clicks: what was made yesterday is found and used."""

from __future__ import annotations

import re
import uuid
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.hand import Hand, Record
from tests.browser.journeys import DONE, Open, open_page
from tests.browser.runs.test_journey import ready
from tests.browser.waiting import eventually

__all__ = ["open_page"]
pytestmark = pytest.mark.browser
ENDED_MS = 90_000
TILES = "#wall .tile[data-artifact-id]"
DRAG = """([bytes, name, types]) => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([Uint8Array.from(bytes)], name, { type: "image/jpeg" }));
  const options = { bubbles: true, cancelable: true, dataTransfer };
  for (const type of types) document.body.dispatchEvent(new DragEvent(type, options));
}"""


def make_eight(page: Page, prompt: str) -> None:
    """Yesterday: eight variations of one prompt."""
    ready(page).locator("[name=prompt]").fill(prompt)
    page.locator("label:has([name='~variations'][value='8'])").click()
    page.locator("#run-button").click()
    pictures = page.locator(f"#stage {DONE} figure[data-kind='image']")
    expect(pictures).to_have_count(8, timeout=ENDED_MS)
    page.goto(f"/runs/?q={prompt.split()[4]}")

    def are_copied() -> bool:  # an archive has what is copied here
        page.reload()
        return page.locator(f"{TILES} img[src*='/thumbnail/']").count() == 8

    eventually(page, are_copied)


@pytest.mark.exhaustive
def test_the_second_day_of_a_poster(
    open_page: Open, record_property: Record, tmp_path: Path
) -> None:
    word = f"heron{uuid.uuid4().hex[:6]}"
    prompt = f"a poster of a {word} over the marsh"
    make_eight(open_page("/models/sandbox/aurora/"), prompt)

    page = open_page("/")
    hand = Hand(page)
    # Found: all eight, by a word of their prompt.
    hand.click(
        page.get_by_role("navigation", name="Main").get_by_role("link", name="Runs", exact=True)
    )
    page.get_by_label("Find results by words").fill(word)
    hand.press("Enter")
    page.wait_for_url("**q=*")
    for stack in range(2):
        hand.click(page.locator("#wall [data-open]").nth(stack))
    tiles = page.locator(TILES)
    expect(tiles).to_have_count(8)

    # Five of them chosen, and saved as one archive with names that say what they are.
    hand.click(tiles.nth(1).locator(".pick"))
    page.keyboard.down("Shift")
    hand.click(tiles.nth(5).locator(".pick"))
    page.keyboard.up("Shift")
    expect(page.locator("#selection [data-count]")).to_contain_text("5")
    with page.expect_download() as saved:
        hand.click(page.locator("#selection").get_by_role("button", name="Download"))
    archive = tmp_path / "chosen.zip"
    saved.value.save_as(archive)
    with zipfile.ZipFile(archive) as opened:
        pictures = [name for name in opened.namelist() if name.endswith((".jpg", ".jpeg"))]
        first = opened.read(pictures[0])
    assert len({*pictures}) == 5
    assert all(word in name and "aurora" in name for name in pictures), pictures
    hand.press("Escape")

    # One looked at in the viewer, and made larger.
    hand.click(tiles.nth(2).locator(".face"))
    viewer = page.locator("dialog.viewer")
    expect(viewer.locator(".viewer-prompt")).to_have_text(prompt)
    hand.press("u")
    expect(page.locator("dialog.jump").get_by_role("option").first).to_be_visible()
    page.keyboard.type("upscale")
    hand.press("Enter")
    page.wait_for_url("**/models/sandbox/lens/upscale/**")
    expect(page.locator("media-field .media-view img")).to_be_visible()
    hand.click(ready(page).locator("#run-button"))
    page.wait_for_selector(f"#stage {DONE}", timeout=ENDED_MS)

    # Compared with what it was made from.
    hand.click(page.locator(f"#stage {DONE} figure[data-kind='image'] a").first)
    expect(viewer).to_be_visible()
    hand.press("b")
    expect(viewer.locator("result-viewer").get_by_role("slider")).to_be_visible()
    hand.press("Escape")

    # One made again, from its file that was renamed.
    hand.click(page.get_by_role("navigation", name="Main").get_by_role("link", name="Runs"))
    page.wait_for_url("**/runs/")
    renamed = [[*first], "final-final-2.jpeg"]
    page.evaluate(DRAG, [*renamed, ["dragenter"]])
    expect(page.locator(".drop-hint")).to_be_visible()
    page.evaluate(DRAG, [*renamed, ["dragover", "drop"]])
    hand.click(page.get_by_role("link", name="Open it there"))
    page.wait_for_url(re.compile("/models/sandbox/aurora/"))
    expect(ready(page).locator("[name=prompt]")).to_have_value(prompt)
    hand.click(page.locator("#run-button"))
    page.wait_for_selector(f"#stage {DONE}", timeout=ENDED_MS)
    hand.tell(record_property, 18)
