"""Signing in with an issuer on another site, in a browser with our Content Security Policy."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from config.starting import issuers
from tests.accounts.issuers import honest
from tests.browser.axe import assert_clean, assert_fits
from tests.browser.contexts import Contexts

pytestmark = pytest.mark.browser
WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
REFUSED = (
    "403",
    "409",
    "422",
)  # statuses that these tests provoke; browsers log them as errors


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


class Browser:
    """Opens pages for people; errors in the console fail the test."""

    def __init__(self, contexts: Contexts, base: str) -> None:
        self._contexts, self._base = contexts, base
        self.troubles: list[str] = []

    def open(self, path: str, **options: Any) -> Page:
        """Open a page in a browser of its own."""
        context = self._contexts.take(base_url=self._base, **options)
        # The issuer's own pages load their style from another site.
        context.route(
            re.compile(r"^https?://(?!localhost|127)"), lambda route: route.fulfill(body="")
        )
        page = context.new_page()
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on(
            "console",
            lambda m: (
                self.troubles.append(m.text)
                if m.type == "error" and not any(code in m.text for code in REFUSED)
                else None
            ),
        )
        page.goto(path)
        return page


@pytest.fixture
def browser(contexts: Contexts, live_server: LiveServer) -> Iterator[Browser]:
    """`browser.open(path)` opens a page in a browser of its own."""
    people = Browser(contexts, live_server.url)
    yield people
    contexts.close()
    assert not people.troubles, people.troubles


def log_in_at_acme(page: Page, subject: str) -> None:
    """Log in on the issuer's own page, and return to Vitrine."""
    page.wait_for_url("http://127.0.0.1:*/oauth2/authorize*")
    page.get_by_placeholder("sub").fill(subject)
    page.get_by_role("button", name="Authorize").click()
    page.wait_for_url("http://localhost:*/**")


def test_account_is_made_and_found_again(browser: Browser, acme: str) -> None:
    subject = "journey"
    honest.tell(acme, subject, email=f"{subject}@example.com", email_verified=True, name="Ana Lima")
    page = browser.open("/account/", viewport=PHONE, color_scheme="dark")
    button = page.get_by_role("button", name="Continue with Acme")
    assert_clean(page)
    assert_fits(page)
    button.focus()
    page.keyboard.press("Enter")
    log_in_at_acme(page, subject)
    expect(page).to_have_url(re.compile(r"//localhost:\d+/account/$"))
    name = subject.lower()
    expect(page.get_by_text(f"You are logged in as {name}.")).to_be_visible()
    expect(page.get_by_text(f"Your account “{name}” has been created.")).to_be_visible()
    person = User.objects.get()

    page.get_by_role("link", name="See the accounts that you log in with").click()
    expect(page.get_by_role("heading", name="Sign in with")).to_be_visible()
    assert_clean(page)
    assert_fits(page)
    page.get_by_role("button", name="Disconnect Acme").click()
    expect(page.get_by_role("alert")).to_contain_text("This is the only way in which you log in")

    page.goto("/logout/")
    page.locator("main").get_by_role("button", name="Log out").click()
    page.get_by_role("button", name="Continue with Acme").click()
    log_in_at_acme(page, subject)
    expect(page.get_by_text("has been created")).to_have_count(0)
    assert SocialAccount.objects.get().user == person
    assert User.objects.count() == 1
