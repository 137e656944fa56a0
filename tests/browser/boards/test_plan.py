"""A plan in a browser, with prompts pasted as rows and dropped photos, and the board it makes."""

import json
import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import assert_clean
from tests.browser.journeys import open_page
from tests.browser.media import drop, png
from tests.browser.waiting import Held, eventually

__all__ = ["open_page"]
pytestmark = pytest.mark.browser
PROMPTS = ["a calm evening falls", "a storm comes up", "the tide goes out"]
BOARD = re.compile(r"/compare/[0-9a-f-]{36}/$")
DRIFT = "model=sandbox/drift/image-to-video"


def paste(target: Locator, text: str) -> None:
    """Paste a text into a control."""
    target.focus()
    target.evaluate(
        """(element, text) => {
          const clipboardData = new DataTransfer();
          clipboardData.setData("text/plain", text);
          const how = { clipboardData, bubbles: true, cancelable: true };
          element.dispatchEvent(new ClipboardEvent("paste", how));
        }""",
        text,
    )


def test_pasted_prompts_and_two_dropped_photos_reach_the_model(open_page):
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
    dawn, dusk = (png(256, 256, colour) for colour in ("coral", "navy"))
    photos_given = ("dawn.png", "image/png", dawn), ("dusk.png", "image/png", dusk)
    drop(page, ".plan-common plan-files", *photos_given)
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
def test_a_wide_board_draws_what_comes_into_view(open_page):
    page = open_page("/compare/new/?model=sandbox/aurora/lite")
    page.locator("#column-field").select_option("prompt")
    page.locator("#column-values").fill("\n".join(f"boat {n}" for n in range(30)))
    page.locator("#row-field").select_option("image_size")
    page.locator("#row-values").fill("all")
    page.locator("#plan-cap").fill("0.0001")  # this cap sends no run
    page.locator("form[data-board-plan] button").first.click()
    page.wait_for_url(BOARD)
    assert_clean(page, "a wide board")
    board = page.locator(".board")
    expect(board.locator("[data-row='0'][data-column='11']")).to_have_count(1)
    expect(board.locator("[data-column='29']")).to_have_count(0)
    board.hover()
    page.mouse.wheel(30_000, 0)
    expect(board.locator("[data-row='0'][data-column='29']")).to_be_visible()
    expect(board.locator(".column-head:not([data-span])").last).to_contain_text("boat 29")
    last = "[data-row='5'][data-column='29']"
    expect(board.locator(last)).to_have_count(0)

    def is_drawn() -> bool:  # rows grow as they are rendered
        page.mouse.wheel(0, 800)
        return board.locator(last).is_visible()

    eventually(page, is_drawn)
    address = page.url
    page.goto("about:blank")
    page.goto(f"{address}#column-20")
    expect(page.locator("#column-20:not(span)")).to_be_in_viewport()
