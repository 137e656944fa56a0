"""Passkeys and authenticator apps in Chromium, whose virtual authenticator plays the device."""

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from playwright.sync_api import CDPSession, Page, expect

from tests.accounts.second_factor.journeys import PASSKEYS
from tests.browser.axe import assert_usable

pytestmark = pytest.mark.browser
PASSWORD = "a lighthouse at dusk"
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def ana(transactional_db: None) -> User:
    return User.objects.create_user("ana", password=PASSWORD)


def add_device(page: Page) -> tuple[CDPSession, str]:
    """Give the browser a device with a fingerprint reader."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    added = session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    return session, added["authenticatorId"]


def log_in(page: Page) -> None:
    """Enter name and password by keyboard."""
    expect(page.get_by_label("Name or e-mail address")).to_be_focused()
    page.keyboard.type("ana")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")


def log_out(page: Page) -> None:
    page.locator("summary", has_text="ana").click()
    page.get_by_role("button", name="Log out", exact=True).click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()


def press(page: Page, name: str) -> None:
    """Press a button that works only once the page's scripts have loaded."""
    button = page.get_by_role("button", name=name)
    expect(button).to_be_visible()
    page.wait_for_load_state()
    button.press("Enter")


@pytest.mark.exhaustive
def test_a_passkey_is_added_logs_in_and_is_removed(contexts, live_server, ana):
    page = contexts.take(base_url=live_server.url).new_page()
    page.goto("/login/?next=/account/")
    session, device = add_device(page)
    log_in(page)
    page.get_by_role("link", name="See the passkeys").click()
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name of the passkey").fill("Laptop")
    verified = {"authenticatorId": device, "isUserVerified": True}
    session.send("WebAuthn.setUserVerified", verified | {"isUserVerified": False})
    press(page, "Add the passkey")
    expect(page.get_by_role("alert")).to_contain_text("No passkey was used: it was cancelled")
    session.send("WebAuthn.setUserVerified", verified)
    press(page, "Add the passkey")
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.goto(PASSKEYS)
    expect(page.locator(".ways b")).to_have_text("Laptop")
    assert_usable(page)
    log_out(page)

    page.goto("/login/?next=/series/")
    press(page, "Log in with a passkey")
    page.wait_for_url("**/series/")

    log_out(page)
    page.goto("/login/?next=/account/")
    log_in(page)
    expect(page.get_by_role("heading", name="Second step")).to_be_visible()
    press(page, "Use a passkey")
    page.wait_for_url("**/account/")

    page.goto(PASSKEYS)
    page.get_by_role("link", name="Remove Laptop").click()
    page.get_by_role("button", name="Remove the passkey").click()
    expect(page.get_by_text("You have no passkeys yet.")).to_be_visible()
    assert not Authenticator.objects.exists()
    contexts.close_without_errors()
