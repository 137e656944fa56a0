"""Signing in with an issuer on another site, in a browser with our Content Security Policy."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from config.starting import issuers
from tests.accounts.issuers import honest
from tests.browser.axe import assert_clean, assert_fits

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def acme() -> Iterator[str]:
    """An issuer on another site than ours, which is at localhost."""
    with honest.serve("127.0.0.1") as url:
        yield url


@pytest.fixture(autouse=True)
def offered_issuer(acme: str, settings: Any, transactional_db: None) -> Iterator[None]:
    """Vitrine offers this issuer, and lets people of example.com make accounts."""
    values = honest.variables(acme)
    settings.SOCIALACCOUNT_PROVIDERS = issuers.read(lambda name: values.get(name, ""))
    settings.SIGN_UP_DOMAINS = ["example.com"]
    with honest.without_warnings_of_authlib():
        yield


def log_in_at_acme(page: Page, subject: str) -> None:
    """Log in on the issuer's own page, and return to Vitrine."""
    page.wait_for_url("http://127.0.0.1:*/oauth2/authorize*")
    page.get_by_placeholder("sub").fill(subject)
    page.get_by_role("button", name="Authorize").click()
    page.wait_for_url("http://localhost:*/**")


def test_account_is_made_and_found_again(contexts, live_server, acme):
    subject = "journey"
    honest.tell(acme, subject, email=f"{subject}@example.com", email_verified=True, name="Ana Lima")
    context = contexts.take(base_url=live_server.url, viewport=PHONE, color_scheme="dark")
    # The issuer's own pages load their style from another site.
    context.route(re.compile(r"^https?://(?!localhost|127)"), lambda route: route.fulfill(body=""))
    page = context.new_page()
    page.goto("/account/")
    button = page.get_by_role("button", name="Continue with Acme")
    assert_clean(page)
    assert_fits(page)
    button.focus()
    page.keyboard.press("Enter")
    log_in_at_acme(page, subject)
    expect(page).to_have_url(re.compile(r"//localhost:\d+/account/$"))
    expect(page.get_by_text(f"Your account “{subject}” has been created.")).to_be_visible()
    person = User.objects.get()

    page.goto("/logout/")
    page.locator("main").get_by_role("button", name="Log out").click()
    page.get_by_role("button", name="Continue with Acme").click()
    log_in_at_acme(page, subject)
    expect(page.get_by_text("has been created")).to_have_count(0)
    assert SocialAccount.objects.get().user == person
    assert User.objects.count() == 1
    contexts.close_without_errors()
