"""A house with several people, each in a browser of their own, and steps that they take."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.contexts import Contexts
from tests.browser.journeys import WIDE
from tests.processes import Up

PASSWORD = "lantern-otter-7"
# Statuses that browsers log as errors: of presses that these tests provoke, and of a film's copy
# that is not ready.
EXPECTED = ("401", "403", "404", "422", "503")


class Browsers:
    """`browsers.open(cookies)`: a page in a new context."""

    def __init__(self, contexts: Contexts, base: str) -> None:
        self._contexts = contexts
        self._base = base

    def open(
        self, cookies: list[Any] | None = None, size: tuple[int, int] = WIDE, **options: Any
    ) -> Page:
        """Return a page, logged in as the user of the cookies; without cookies, logged out.

        `options` are those of `Browser.new_context`.
        """
        viewport = {"width": size[0], "height": size[1]}
        context = self._contexts.take(viewport=viewport, base_url=self._base, **options)
        context.add_cookies(cookies or [])
        return context.new_page()


@pytest.fixture
def browsers(contexts: Contexts, vitrine: Up) -> Iterator[Browsers]:
    """One browser for each person; console errors fail the test."""
    yield Browsers(contexts, vitrine.base)
    contexts.close_without_errors(*EXPECTED)
    vitrine.hurry()


def invite(page: Page) -> str:
    """Make an invitation for a member of the house; return its link."""
    page.goto("/people/invitations/")
    form = page.get_by_role("form", name="Invite people")
    form.get_by_role("radio", name="Member").check()
    form.get_by_role("button", name="Create invitation").click()
    return page.locator("#invitation-link").inner_text().strip()


def join(page: Page, link: str, name: str) -> None:
    """Follow an invitation and make an account."""
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_contain_text("invites you to Vitrine")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("E-mail address").fill(f"{name}@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create my account").click()
    expect(page.get_by_text("Your account has been created.")).to_be_visible()
