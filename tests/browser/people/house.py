"""A house with several people, each in a browser of their own, and steps that they take."""

from typing import Any

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.contexts import Contexts
from tests.browser.journeys import WIDE

PASSWORD = "lantern-otter-7"
EXPECTED = ("401", "403", "404", "422")  # statuses that browsers log as errors


class Browsers:
    """`browsers.open(cookies)`: a page in a new context; `troubles` collects the console errors."""

    def __init__(self, contexts: Contexts, base: str) -> None:
        self._contexts = contexts
        self._base = base
        self.troubles: list[str] = []

    def open(
        self, cookies: list[Any] | None = None, size: tuple[int, int] = WIDE, **options: Any
    ) -> Page:
        """Return a page, logged in as the user of the cookies; without cookies, logged out.

        `options` are those of `Browser.new_context`.
        """
        context: BrowserContext = self._contexts.take(
            viewport={"width": size[0], "height": size[1]}, base_url=self._base, **options
        )
        context.add_cookies(cookies or [])
        page = context.new_page()
        page.on("pageerror", lambda error: self.troubles.append(f"{page.url}: {error}"))
        page.on("console", lambda message: self._note(page, message))
        return page

    def _note(self, page: Page, message: Any) -> None:
        is_expected = any(status in message.text for status in EXPECTED)
        if message.type == "error" and not is_expected:
            self.troubles.append(f"{page.url}: {message.text}")


def make_project(page: Page, name: str) -> str:
    """Make a shared project on the page; return its slug."""
    page.goto("/projects/new/")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Create project").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    return page.url.rstrip("/").rpartition("/")[2]


def invite(page: Page, role: str, *projects: tuple[str, str]) -> str:
    """Make an invitation with a role in the house and (project, role) pairs; return its link."""
    page.goto("/people/invitations/")
    form = page.get_by_role("form", name="Invite people")
    form.get_by_role("radio", name=role).check()
    for number, (name, role_there) in enumerate(projects, 1):
        form.get_by_label(f"Project {number}", exact=True).select_option(name)
        form.get_by_label(f"Role in project {number}", exact=True).select_option(label=role_there)
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
