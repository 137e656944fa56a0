"""Notifications by keyboard: a channel is added, tried, and its failure comes to the page."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.axe import assert_clean, assert_fits
from tests.browser.journeys import PHONE, Open, open_page

__all__ = ["open_page"]

pytestmark = pytest.mark.browser


@pytest.mark.exhaustive
def test_a_channel_is_added_and_tried(open_page: Open) -> None:
    page = open_page("/account/notifications/", size=PHONE)
    expect(page.get_by_label("Address", exact=True)).to_be_hidden()
    page.get_by_role("radio", name="Slack").check()
    address = page.get_by_label("Address", exact=True)
    address.fill("https://hooks.invalid/services/verysecret")
    address.press("Enter")
    channel = page.locator(".channels > li")
    expect(channel).to_contain_text("https://hooks.invalid/…cret")
    page.get_by_role("button", name="Send a test").press("Enter")
    delivery = page.locator(".deliveries > li")
    expect(delivery).to_contain_text("Its host name was not found.")  # without a reload
    expect(delivery).to_contain_text("Attempt 2 of 10")
    channel.get_by_text("Change").click()
    assert_clean(page)
    assert_fits(page)
