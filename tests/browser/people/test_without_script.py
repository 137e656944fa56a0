"""Chats, flows, workflows and training by plain forms: the browser runs no script."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Error, FilePayload, Locator, Page, expect

from tests.browser.journeys import Open, open_page
from tests.browser.waiting import eventually
from tests.training.conftest import picture

__all__ = ["open_page"]
pytestmark = [pytest.mark.browser, pytest.mark.exhaustive]


def open_plain(open_page: Open, path: str) -> Page:
    return open_page(path, java_script_enabled=False)


def reload_until(page: Page, shown: Locator) -> None:
    """Pages reload themselves every few seconds; the test does not wait for that."""

    def is_shown() -> bool:
        try:
            page.reload()
            return shown.count() > 0
        except Error:  # the page was about to reload itself, which interrupts this reload
            return False

    eventually(page, is_shown)


def test_a_chat_is_held_and_branched(open_page: Open) -> None:
    page = open_plain(open_page, "/models/sandbox/scribe/")
    page.get_by_text("New chat").click()
    page.locator("textarea:visible").first.fill("Write about rain")
    page.get_by_role("button", name="Send").click()
    tokens = page.get_by_text(re.compile(r"\d+ tokens in"))
    reload_until(page, tokens)
    page.get_by_text("Edit", exact=True).click()
    page.get_by_label("Your message").fill("Write about snow")
    page.get_by_role("button", name="Send as a new version").click()
    expect(page.get_by_text("2 / 2")).to_be_visible()
    reload_until(page, tokens)
    page.get_by_role("link", name="Previous version").click()
    expect(page.get_by_text("1 / 2")).to_be_visible()
    expect(page.locator(".turn").first).to_contain_text("Write about rain")


def test_a_flow_is_composed_saved_and_run(open_page: Open) -> None:
    page = open_plain(open_page, "/models/sandbox/aurora/lite/")
    page.locator("#more-button").click()
    page.get_by_text("Flow…", exact=True).first.click()
    page.get_by_text("Drift").first.click()
    page.get_by_role("button", name="Save").click()
    page.get_by_label("Prompt").fill("a green boat")
    page.get_by_role("button", name="Run").first.click()
    reload_until(page, page.get_by_text("2 of 2 steps done"))
    expect(page.locator("main :is(img, video)")).to_have_count(2)


def test_a_workflow_shows_its_steps(open_page: Open) -> None:
    page = open_plain(open_page, "/flows/account/")
    reload_until(page, page.get_by_role("link", name="Mishap"))
    page.get_by_role("link", name="Mishap").click()
    page.get_by_label("Prompt").fill("Two boats at anchor")
    page.get_by_role("button", name="Run", exact=True).last.click()
    reload_until(page, page.locator("#workflow-run[data-run-state='failed']"))
    expect(page.locator("[data-node='draw']")).to_have_attribute("data-state", "done")
    expect(page.locator("[data-node='spoil'] .notice")).to_contain_text("declined this content")


def test_files_become_a_data_set_and_weights(open_page: Open) -> None:
    page = open_plain(open_page, "/training/")
    page.get_by_role("link", name=re.compile("^Aurora Trainer")).click()
    page.get_by_label("Name", exact=True).fill("Without script")
    page.get_by_label("Trigger word").fill("emberglow")
    files: list[FilePayload] = [
        {"name": f"{colour}.png", "mimeType": "image/png", "buffer": picture(colour)}
        for colour in ("orange", "darkred", "gold")
    ]
    page.locator("input[type=file]").set_input_files(files)
    page.get_by_role("button", name="Make the data set").click()
    expect(page.get_by_text("3 pictures ·")).to_be_visible()
    page.get_by_label("Caption of gold.png").fill("gold, glowing")
    page.get_by_role("button", name="Continue to the form").click()
    expect(page.get_by_text("now holds the data set “Without script”")).to_be_visible()
    page.locator("#run-button").click()
    weights = page.get_by_role("link", name="Without script", exact=True)

    def has_come() -> bool:
        page.goto("/training/weights/")
        return bool(weights.count())

    eventually(page, has_come)
    weights.first.click()
    expect(page.locator("h1")).to_contain_text("Without script")
