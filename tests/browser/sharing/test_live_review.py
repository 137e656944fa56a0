"""A designer shares five pictures; what a client says comes to the open page, and back again."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import assert_fits
from tests.browser.contexts import Contexts
from tests.browser.journeys import AURORA, PHONE, Open, open_page
from tests.browser.sharing.test_review import favourite, introduce
from tests.processes import Up

__all__ = ["open_page"]
pytestmark = pytest.mark.browser
PICTURES = 5
RUN = re.compile(r"[?&](?:run|shown)=([0-9a-f-]{36})")
WISH = "The boat should be larger here"
Guest = Callable[[str], Page]


@pytest.fixture
def guest(contexts: Contexts, vitrine: Up) -> Guest:
    """`guest(path)` → the page on the phone of somebody without an account."""

    def open_(path: str) -> Page:
        size = {"width": PHONE[0], "height": PHONE[1]}
        page = contexts.take(viewport=size, base_url=vitrine.base, has_touch=True).new_page()
        page.goto(path)
        return page

    return open_


def draw(page: Page, prompt: str) -> str:
    """Run a model; return the key of its run."""
    page.goto(AURORA)
    page.locator("[name=prompt]").fill(prompt)
    page.locator("#run-button").click()
    page.wait_for_url(RUN)
    match = RUN.search(page.url)
    assert match
    page.locator(f"[data-run-id='{match[1]}'][data-run-state='succeeded']").first.wait_for()
    return match[1]


def share(page: Page, button: Any) -> str:
    """Share by a button; return the path of the address, with the dialog left open."""
    button.click()
    address = page.get_by_role("dialog", name="Shared").locator("[data-share]")
    return urlsplit(str(address.get_attribute("href"))).path


def save(page: Page) -> None:
    dialog = page.get_by_role("dialog", name="Shared")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_text("Saved.")).to_be_visible()
    dialog.get_by_role("button", name="Close").click()


@pytest.mark.exhaustive
def test_a_designer_and_a_client_see_at_once_what_the_other_does(
    open_page: Open, guest: Guest, record_property: Any
) -> None:
    designer = open_page("/runs/")
    keys = [draw(designer, f"A boat at dawn, number {number}") for number in range(PICTURES)]
    designer.goto("/runs/?as=wall")
    for key in keys:
        tile = designer.locator(f"[data-artifact-id='{key}/0']")
        tile.hover()
        tile.get_by_role("checkbox").check()
    address = share(designer, designer.get_by_role("button", name="Share").first)
    dialog = designer.get_by_role("dialog", name="Shared")
    dialog.get_by_text("Ask for picks and comments").click()
    dialog.get_by_label("Favourites").select_option("some")
    dialog.get_by_label("Comments").check()
    save(designer)

    client = guest(f"{address}review/")
    expect(client.locator(".review-tile")).to_have_count(PICTURES)
    assert_fits(client)
    designer.goto(f"{address}review/")
    designer.get_by_role("link", name="What came of it").first.click()

    favourite(client, 1).tap()
    introduce(client, "Anna")
    favourite(client, 3).tap()
    began = time.monotonic()
    expect(designer.get_by_text("picked by 1")).to_have_count(2)
    record_property("pick_seen_s", round(time.monotonic() - began, 2))
    client.goto(f"{address}review/1/")
    picture = client.locator(".review-canvas img")
    picture.tap(position={"x": 60, "y": 40})
    client.get_by_label("Your comment").fill(WISH)
    client.get_by_role("button", name="Send").last.click()
    expect(designer.get_by_text(WISH)).to_be_visible()

    larger = draw(designer, "A larger boat at dawn")
    designer.goto(f"{address}review/")
    designer.get_by_role("link", name="What came of it").first.click()
    designer.get_by_role("link", name="Answer with a new version").click()
    designer.locator(f"label:has([value='{larger}/0'])").click()
    designer.get_by_role("button", name="Show it as version 2").click()
    version = client.get_by_role("link", name="Version 2")  # without a reload of the client's page
    expect(version).to_contain_text("answers Anna\u2019s comment")
    version.click()
    expect(client.get_by_text(WISH)).to_be_visible()
