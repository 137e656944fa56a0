"""A plan in a browser: prompts pasted as rows, and photos dropped onto rows."""

import io
import json
import re

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import assert_clean
from tests.browser.boards.test_boards import BOARD
from tests.browser.journeys import Open, open_page
from tests.browser.waiting import Held

__all__ = ["open_page"]
pytestmark = pytest.mark.browser
PROMPTS = ["a calm evening falls", "a storm comes up", "the tide goes out"]
DRIFT = "model=sandbox/drift/image-to-video"
EYE = "model=sandbox/eye"


def photo(colour: str, kind: str = "PNG") -> list[int]:
    """Return the bytes of a small picture."""
    file = io.BytesIO()
    Image.new("RGB", (256, 256), colour).save(file, kind)
    return list(file.getvalue())


def data_of(
    page: Page, *, text: str = "", files: tuple[tuple[str, str, list[int]], ...] = ()
) -> object:
    """Return a handle of the data that a browser passes with a paste or a drop."""
    return page.evaluate_handle(
        """({ text, files }) => {
          const data = new DataTransfer();
          if (text) data.setData("text/plain", text);
          for (const [name, type, bytes] of files)
            data.items.add(new File([new Uint8Array(bytes)], name, { type }));
          return data;
        }""",
        {"text": text, "files": [list(file) for file in files]},
    )


def paste(target: Locator, text: str) -> None:
    """Paste a text into a control."""
    target.focus()
    data = data_of(target.page, text=text)
    target.evaluate(
        """(element, clipboardData) => {
          const how = { clipboardData, bubbles: true, cancelable: true };
          element.dispatchEvent(new ClipboardEvent("paste", how));
        }""",
        data,
    )


def drop(target: Locator, *files: tuple[str, str, list[int]]) -> None:
    """Drop files onto an element."""
    data = data_of(target.page, files=files)
    target.dispatch_event("dragover", {"dataTransfer": data})
    target.dispatch_event("drop", {"dataTransfer": data})


def test_pasted_prompts_and_two_dropped_photos_reach_the_model(open_page: Open) -> None:
    page = open_page(f"/compare/new/?{DRIFT}")
    page.locator("[name='reuse']").uncheck()
    prompt = page.locator("[name='shared.prompt']")
    answers = Held(page, re.compile("/compare/new/"))
    paste(prompt, "\n".join(PROMPTS))
    rows = page.locator(".plan-row")
    expect(rows).to_have_count(3)
    answers.come()
    assert [row.input_value() for row in rows.locator("textarea").all()] == PROMPTS
    page.get_by_role("button", name="Undo: keep it as one text").click()
    expect(rows).to_have_count(0)
    answers.let_go()  # these answers are about rows that are gone
    assert prompt.input_value() == "\n".join(PROMPTS)
    prompt.fill("")
    paste(prompt, "\n".join(PROMPTS))
    common = page.locator(".plan-common plan-files")
    drop(
        common, ("dawn.png", "image/png", photo("coral")), ("dusk.png", "image/png", photo("navy"))
    )
    expect(common.locator(".plan-file:not([data-busy])")).to_have_count(2)
    expect(page.locator("#plan-outcome")).to_contain_text("3 runs")
    report = page.locator("#plan-report-0")
    expect(report).to_contain_text("Second picture → Last frame")
    assert_clean(page, "the plan with rows")
    photos = [control.input_value() for control in common.locator("input[type=hidden]").all()]
    page.locator("form[data-board-plan] button").first.click()
    page.wait_for_url(BOARD)
    expect(page.locator(".board [data-run-id]")).to_have_count(3)
    given = [arguments_of(page, run) for run in runs_of(page)]
    for arguments in given:  # a run's file has addresses without file names, so compare the ids
        frames = [arguments["image_url"], arguments["last_frame_url"]]
        assert [frame.split("/")[2] for frame in frames] == [
            upload.split("/")[2] for upload in photos
        ]
    assert sorted(arguments_sent["prompt"] for arguments_sent in given) == sorted(PROMPTS)


def runs_of(page: Page) -> list[str]:
    """Return the ids of the board's runs; while one is swapped, its cell is there twice."""
    cells = page.locator(".board [data-run-id]")
    return [*dict.fromkeys(cells.evaluate_all("cells => cells.map((cell) => cell.dataset.runId)"))]


def arguments_of(page: Page, run: str) -> dict[str, str]:
    """Return a run's arguments from the file that describes it."""
    answer = page.request.get(f"/runs/{run}/run.json")
    document = json.loads(answer.text())
    return dict(document["arguments"])


@pytest.mark.exhaustive
def test_each_dropped_file_makes_a_row_and_what_is_none_is_refused(open_page: Open) -> None:
    page = open_page(f"/compare/new/?{DRIFT}&{EYE}")
    foot = page.locator(".plan-rows-foot")
    drop(foot, ("a.png", "image/png", photo("coral")), ("b 🌊.png", "image/png", photo("navy")))
    rows = page.locator(".plan-row")
    expect(rows).to_have_count(2)
    expect(rows.nth(1).locator(".plan-file:not([data-busy])")).to_contain_text("b 🌊.png")
    report = page.locator("#plan-report-1")
    expect(report).to_contain_text("Picture → Image")
    drop(rows.nth(0), ("c.png", "image/png", photo("teal")))
    expect(rows.nth(0).locator(".plan-file:not([data-busy])")).to_have_count(2)
    unused = "The second picture is not used: this model takes one"
    expect(report).to_contain_text(unused)
    heic = [0, 0, 0, 24, *b"ftypheic", *bytes(40)]
    drop(
        rows.nth(1),
        ("me.heic", "image/heic", heic),
        ("list.pdf", "application/pdf", [*b"%PDF-1.7"]),
    )
    expect(rows.nth(1).locator(".plan-files-note")).to_contain_text("list.pdf is not a picture")
    expect(rows.nth(1).locator(".plan-file")).to_have_count(1)
    page.get_by_role("button", name="Remove c.png").click()
    expect(rows.nth(0).locator(".plan-file")).to_have_count(1)
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(rows.nth(0).locator(".plan-file")).to_have_count(2)
    assert not re.search(r"/uploads/", page.locator(".plan-rows").inner_text())
