"""A complete Vitrine in a browser with the owner logged in, for tests of whole journeys."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.contexts import Contexts
from tests.browser.waiting import settle, wait_at_rest
from tests.processes import Up

WIDE, PHONE = (1440, 900), (390, 844)
AURORA = "/models/sandbox/aurora/"
# Errors in the console that these tests provoke.
PROVOKED = ("401", "413", "422", "ERR_INTERNET_DISCONNECTED")
DONE = "[data-run-id][data-run-state='succeeded']"
Open = Callable[..., Page]


def open_more(page: Page) -> None:
    """Open "…" of the large result at rest: otherwise the click misses the menu and closes it."""
    wait_at_rest(page)
    page.locator(".stage-run").get_by_role("button", name="More", exact=True).click()


@pytest.fixture
def open_page(contexts: Contexts, vitrine: Up, session: list[Any]) -> Iterator[Open]:
    """`open_page("/runs/", size=PHONE)` → the page, logged in; console errors fail the test."""

    def open_(path: str, size: tuple[int, int] = WIDE, **options: Any) -> Page:
        viewport = {"width": size[0], "height": size[1]}
        context = contexts.take(viewport=viewport, base_url=vitrine.base, **options)
        context.add_cookies(session)
        page = context.new_page()
        page.goto(path)
        return page

    yield open_
    contexts.close_without_errors(*PROVOKED)
    vitrine.hurry()


@pytest.fixture
def aurora(open_page: Open) -> Page:
    """The page of a model whose form is unchanged; it may use the clipboard."""
    page = open_page(AURORA, permissions=["clipboard-read", "clipboard-write"])
    with page.expect_response(lambda r: r.request.method == "POST"):
        page.get_by_role("button", name="Reset form").click()
    expect(page.locator("#form-notice")).to_contain_text("Cleared.")
    expect(prompt(page)).to_have_value("")
    return page


def prompt(page: Page) -> Any:
    return page.locator("[name=prompt]")


def type_and_save(page: Page, text: str) -> None:
    with page.expect_response(lambda r: "/drafts/" in r.url):
        prompt(page).fill(text)


def open_presets(page: Page) -> None:
    """Open the "…" menu once nothing moves: a click that misses the menu would close it."""
    settle(page)
    page.locator("#more-button").click()
    expect(page.locator("#more")).to_be_visible()
    expect(page.locator("#more").get_by_role("link", name="Your presets and")).to_have_count(0)


def choose(page: Page, word: str) -> None:
    """Press an entry of the "…" menu."""
    open_presets(page)
    page.locator("#more").get_by_role("button", name=word).first.click()
