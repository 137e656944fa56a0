"""On a phone, what lies over a page has a button that closes it; Back closes the topmost."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from runs.models import Run
from tests.browser.axe import assert_clean, assert_fits
from tests.browser.gallery import PHONE
from tests.browser.library.test_viewer import store
from tests.browser.media import png
from tests.browser.waiting import eventually
from tests.features.library.wall.test_wall import done

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OPEN = ":popover-open, dialog[open], :is(.menu, .tray, .family details)[open]"


@pytest.fixture
def run(gallery: None, make_run: Any) -> Run:
    """A run with one picture."""
    run: Run = done(make_run, title="A harbour", files=[])
    store(run, png(1200, 900, "teal"), "image/png", width=1200, height=900)
    return run


def close_button(page: Page) -> Locator:
    """Return the button of the topmost layer for fingers."""
    return page.get_by_role("button", name="Close", exact=True).last


def wait_for_entries(page: Page, number: int) -> None:
    """Wait until this number of layers has entries in the history."""
    eventually(page, lambda: page.evaluate("history.state?.layers ?? 0") == number)


@pytest.mark.parametrize(
    ("address", "opener"),
    [
        ("/runs/", ".head nav .menu > summary"),
        ("/models/", "[popovertarget='list-tools']"),
        ("/runs/{run}/", ".run-actions [popovertarget^='more-']"),
        ("/runs/{run}/", ".run-actions [data-share-verb]"),
    ],
)
def test_a_layer_closes_by_its_button_and_by_back(open_page, run, address, opener):
    page = open_page("/models/", PHONE)
    page.goto(page.url.replace("/models/", address.format(run=run.pk)))
    place, layers = page.url, page.locator(OPEN)
    for close in (close_button(page).tap, page.go_back):
        page.locator(opener).first.tap()
        expect(close_button(page)).to_be_visible()
        wait_for_entries(page, 1)
        assert_fits(page)
        close()
        expect(layers).to_have_count(0)
        wait_for_entries(page, 0)
        assert page.url == place
    page.go_back()
    assert page.url != place


def test_back_closes_what_lies_on_top_and_the_page_does_not_load_again(open_page, run):
    page = open_page("/runs/?as=wall", PHONE)
    page.evaluate("window.isSame = true")
    page.locator("a[data-view]").first.tap()
    page.locator("[popovertarget='viewer-more']").tap()
    expect(page.locator(OPEN)).to_have_count(2)
    wait_for_entries(page, 1)
    assert_clean(page, within="dialog")
    page.go_back()
    expect(page.locator(OPEN)).to_have_count(1)
    page.go_back()
    expect(page.locator(OPEN)).to_have_count(0)
    assert page.evaluate("window.isSame")


def test_a_page_that_was_left_from_a_menu_comes_back_without_it(open_page, run):
    page = open_page("/models/", PHONE)
    page.goto(page.url.replace("/models/", "/runs/"))
    page.locator(".head nav .menu > summary").tap()
    wait_for_entries(page, 1)
    page.get_by_role("link", name="Account").tap()
    expect(page.get_by_role("heading", name="Account", level=1)).to_be_visible()
    page.go_back()
    page.wait_for_url("**/runs/")
    wait_for_entries(page, 0)
    expect(page.locator(OPEN)).to_have_count(0)
    page.go_back()
    page.wait_for_url("**/models/")
