"""A person's whole way in Firefox and in WebKit: log in, run, look, compare, judge, be reviewed."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.browser.boards.test_judging import INPUT, MODELS
from tests.browser.others.webdriver import BROWSERS, Browser
from tests.processes import Up

pytestmark = [pytest.mark.exhaustive, pytest.mark.system]
DONE = "[data-run-state='succeeded']"
IS_AT = "(path) => location.pathname === path"
IS_DRAWN = "(selector) => document.querySelector(selector)?.naturalWidth > 0"
HREF = "(selector) => document.querySelector(selector)?.href"
COMMENT = "The light is too hard here"


@pytest.fixture(params=[pytest.param(name, marks=pytest.mark.needs(name)) for name in BROWSERS])
def browser(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Browser]:
    """A browser without a session; errors of scripts fail the test."""
    with BROWSERS[request.param](tmp_path) as started:
        yield started
        started.read_troubles()
        assert not started.troubles


def test_the_whole_way(browser, vitrine):
    log_in(browser, vitrine)
    words = f"a harbour {uuid.uuid4().hex[:6]}"
    run(browser, vitrine.base, words)
    look_at_the_wall(browser, vitrine.base, words)
    judge_a_board(browser, vitrine.base)
    address = share_with_a_client(browser, vitrine.base, words)
    log_out(browser, vitrine.base)
    comment_on_a_place(browser, address)


def log_in(browser: Browser, vitrine: Up) -> None:
    browser.open(vitrine.link)
    browser.click("main form button")
    browser.wait(IS_AT, "/")


def run(browser: Browser, base: str, words: str) -> None:
    """Run a model; its picture appears without a reload."""
    browser.open(f"{base}/models/sandbox/aurora/")
    browser.fill("[name=prompt]", words)
    browser.click("#run-button")
    browser.wait_for(f"#stage [data-title='{words}']{DONE}")
    browser.wait(IS_DRAWN, "#stage .artifact img")


def look_at_the_wall(browser: Browser, base: str, words: str) -> None:
    """Find the result on the wall, and see it large in the viewer.

    It stays open: WebKitGTK's driver never answers to a press that goes back in the same document.
    """
    browser.open(f"{base}/runs/?q={words.replace(' ', '+')}")
    browser.click("#wall .tile .face")
    browser.wait(IS_DRAWN, "dialog.viewer[open] .viewer-picture")


def judge_a_board(browser: Browser, base: str) -> None:
    """Run two models side by side, and let the second one win."""
    browser.open(f"{base}/compare/new/?{MODELS}&input={INPUT}")
    browser.click("form[data-board-plan] button")
    browser.wait_for("[data-board-id]")
    browser.wait_for(DONE, 2)
    browser.click("main a[href$='/judge/']")
    browser.wait_for(".look-stage")
    browser.click("[aria-label='Wins its row: B']")
    browser.wait_for("[aria-label='Wins its row: B'][aria-pressed='true']")


def share_with_a_client(browser: Browser, base: str, words: str) -> str:
    """Select the result, share it, and return its address."""
    browser.open(f"{base}/runs/?q={words.replace(' ', '+')}")
    browser.click("#wall .pick input")
    browser.click("#selection [data-share-verb]")
    browser.click("dialog.share [name=for_whom][value=client]")
    address: str = browser.wait(HREF, "dialog.share [data-share]")
    return address


def log_out(browser: Browser, base: str) -> None:
    browser.open(f"{base}/models/")
    browser.click(".head nav details.menu summary")
    browser.click(".head form[action$='/logout/'] button")
    browser.wait("() => !document.querySelector('[data-inbox]')")


def comment_on_a_place(browser: Browser, address: str) -> None:
    """As a client without an account: draw a region on the picture, and say what is wrong."""
    browser.open(f"{urlsplit(address)._replace(query='').geturl()}review/1/")
    browser.wait(IS_DRAWN, ".review-canvas img")
    x, y, width, height = browser.place(".review-canvas img")
    begin, end = ((x + width * part, y + height * part) for part in (0.3, 0.6))
    browser.press_at(begin, (x + width * 0.5, y + height * 0.5), end)
    browser.fill("#say-text", COMMENT)
    browser.click("#say button:not([type=button])")
    browser.fill("dialog[open] [name=name]", "Anna\ue007")  # Enter
    browser.wait_for(f"#pins a[aria-label='1: {COMMENT}'] rect")
