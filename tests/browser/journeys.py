"""A complete Vitrine in a browser with the owner logged in, for tests of whole journeys."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.contexts import Contexts
from tests.browser.waiting import settle, wait_at_rest
from tests.processes import Up

WIDE, PHONE = (1440, 900), (390, 844)
AURORA = "/models/sandbox/aurora/"
REFUSED = ("413", "422")  # statuses that these tests provoke; browsers log them as errors
DONE = "[data-run-id][data-run-state='succeeded']"
Open = Callable[..., Page]


def open_more(page: Page) -> None:
    """Open "…" of the large result at rest: otherwise the click misses the menu and closes it."""
    wait_at_rest(page)
    page.locator(".stage-run").get_by_role("button", name="More", exact=True).click()


@pytest.fixture
def open_page(contexts: Contexts, vitrine: Up, session: list[Any]) -> Iterator[Open]:
    """`open_page("/runs/", size=PHONE)` → the page, logged in; console errors fail the test."""
    troubles: list[str] = []

    def open_(path: str, size: tuple[int, int] = WIDE, **options: Any) -> Page:
        context = contexts.take(
            viewport={"width": size[0], "height": size[1]},
            base_url=vitrine.base,
            **options,
        )
        context.add_cookies(session)
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on(
            "console",
            lambda m: (
                troubles.append(m.text)
                if is_trouble(m) and not any(code in m.text for code in REFUSED)
                else None
            ),
        )
        page.goto(path)
        return page

    yield open_
    contexts.close()
    vitrine.hurry()
    assert not troubles, troubles


@pytest.fixture
def log_in(
    contexts: Contexts, vitrine: Up, session: list[Any]
) -> Iterator[Callable[..., BrowserContext]]:
    """`log_in(size=PHONE)`: a new browser context with the owner logged in.

    Errors fail the test.
    """
    troubles: list[str] = []

    def watch(page: Page) -> None:
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda m: troubles.append(m.text) if is_trouble(m) else None)

    def log_in_(size: tuple[int, int] = WIDE, **options: Any) -> BrowserContext:
        context = contexts.take(
            viewport={"width": size[0], "height": size[1]},
            base_url=vitrine.base,
            permissions=["clipboard-read", "clipboard-write"],
            **options,
        )
        context.on("page", watch)
        context.add_cookies(session)
        return context

    yield log_in_
    contexts.close()
    vitrine.hurry()
    assert not troubles, troubles


def is_trouble(message: Any) -> bool:
    expected = ("422", "ERR_INTERNET_DISCONNECTED", "401")
    return message.type == "error" and not any(part in message.text for part in expected)


@pytest.fixture
def aurora(log_in: Callable[..., BrowserContext]) -> Page:
    """The page of a model whose form is unchanged."""
    return clean(log_in().new_page())


def clean(page: Page, path: str = AURORA) -> Page:
    page.goto(path)
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
