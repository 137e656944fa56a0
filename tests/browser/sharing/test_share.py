"""Sharing in the browser: two clicks to a copied address, and what its visitors see."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from features.sharing.models import Share
from runs.models import Run
from tests.browser.axe import assert_clean
from tests.browser.gallery import Open
from tests.browser.hand import Hand
from tests.browser.library.test_wall import tile
from tests.features.sharing.conftest import make_picture, make_share

__all__ = ["make_picture", "make_share"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TWO = 2  # clicks from the selection to a copied address


@pytest.fixture
def three(make_picture: Any) -> list[Run]:
    """Three runs with a picture each."""
    return [make_picture(title=f"picture {number}") for number in range(3)]


def copied_address(page: Page) -> str:
    """Return the address that the page has written to the clipboard."""
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text


def test_two_clicks_lead_from_a_selection_to_a_copied_address_for_a_client(
    open_page: Open, three: list[Run], record_property: Any
) -> None:
    page = open_page("/runs/")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    for run in three[:2]:
        tile(page, run).hover()
        tile(page, run).get_by_role("checkbox").check()
    hand = Hand(page)
    hand.click(page.get_by_role("button", name="Share"))
    question = page.get_by_role("dialog", name="Share", exact=True)
    expect(question.get_by_text("There is no link before you choose.")).to_be_visible()
    assert not Share.objects.exists()
    hand.click(question.get_by_role("button", name="A client"))
    dialog = page.get_by_role("dialog", name="Shared")
    expect(dialog.get_by_role("button", name="A client")).to_have_attribute("aria-pressed", "true")
    expect(dialog.get_by_text("The address is copied.")).to_be_visible()
    hand.tell(record_property, most=TWO)
    assert Share.objects.get().opens_review
    address = dialog.locator("[data-share]").inner_text()
    assert copied_address(page) == address
    assert_clean(page, "the dialog", within="dialog.share")
    dialog.get_by_text("More options", exact=True).click()
    dialog.get_by_label("Title").fill("For the client")
    dialog.get_by_label("Ends").select_option("week")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_text("Saved.")).to_be_visible()
    share = Share.objects.get()
    assert (share.title, share.items.count()) == ("For the client", 2)
    assert share.expires_at
    dialog.get_by_role("button", name="End the share").click()
    expect(page.get_by_text("The share has ended. Its address no longer works.")).to_be_visible()


@pytest.mark.exhaustive
def test_a_visitor_looks_through_a_share_by_keys_and_by_swipes(
    open_page: Open, three: list[Run], make_share: Any
) -> None:
    share = make_share(*three, note="Which one?")
    page = open_page(share.get_absolute_url())
    expect(page.get_by_role("heading", name="Posters")).to_be_visible()
    assert_clean(page, "a share")
    page.locator("a[data-item]").first.click()
    dialog = page.get_by_role("dialog", name="Result")
    expect(dialog.get_by_text("1 of 3")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(dialog.get_by_text("2 of 3")).to_be_visible()
    assert_clean(page, "the viewer of a share", within="dialog.large")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.locator("#item-2 a[data-item]")).to_be_focused()
