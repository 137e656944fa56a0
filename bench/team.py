"""Makes a small team in a started Vitrine for the screenshots, as people make it: by its pages."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Browser, Page

PASSWORD = "lantern-otter-7"
FOX, HARBOUR, POSTERS = "Fox campaign", "Harbour film", "Spring posters"
LOCKED = "sandbox/ridgeline"
# Name, role in the house, and project with the role there.
PEOPLE = (
    ("mara", "Curator", FOX, "Viewer"),
    ("ben", "Member", FOX, "Maker"),
    ("cleo", "Member", HARBOUR, "Manager"),
    ("dan", "Member", POSTERS, "Maker"),
)


def make_team(browser: Browser, admin: Page, base: str) -> dict[str, str]:
    """Make projects, people, a rule and runs; return the paths of the pages that show them.

    `admin` is a page on which an administrator of the Vitrine at `base` is logged in.
    """
    slugs = {name: _make_project(admin, name) for name in (FOX, HARBOUR, POSTERS)}
    for name, *gifts in PEOPLE:
        link = _invite(admin, *gifts)
        context = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=base)
        _join(context.new_page(), link, name)
        if name == "ben":
            _run(context.pages[0], slugs[FOX], "A red fox on a frosty morning, poster colours")
        context.close()
    _run(admin, slugs[FOX], "A fox asleep under a birch, soft light")
    _forbid(admin, slugs[FOX])
    open_invitation = _invite(admin, "Member", FOX, "Maker")
    admin.goto("/people/?q=ben")
    admin.get_by_role("link", name="ben", exact=True).click()
    admin.wait_for_url(re.compile(r"/people/\d+/"))
    person = admin.url.removeprefix(base)
    return {
        "switcher": f"/models/sandbox/aurora/?project={slugs[FOX]}",
        "project": f"/projects/{slugs[FOX]}/",
        "rules": f"/projects/{slugs[FOX]}/rules/",
        "people": "/people/",
        "person": person,
        "invitations": "/people/invitations/",
        "refusal": f"/models/{LOCKED}/?project={slugs[FOX]}",
        "audit": "/people/audit/",
        "invitation": open_invitation.removeprefix(base),  # last: it is taken logged out
    }


def open_switcher(page: Page) -> None:
    """Open the list of projects in the header."""
    page.locator("details.projects summary").click()
    page.get_by_role("option", name=FOX).wait_for()


def log_out(page: Page) -> None:
    """Show the page as somebody without an account sees it."""
    page.context.clear_cookies()
    page.reload()


# By page: what is done on it before the screenshot.
PREPARED: dict[str, Callable[[Page], None]] = {
    "switcher": open_switcher,
    "invitation": log_out,
}


def _make_project(page: Page, name: str) -> str:
    page.goto("/projects/new/")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Make project").click()
    page.wait_for_url(re.compile(r"/projects/(?!new/)"))
    return page.url.rstrip("/").rpartition("/")[2]


def _invite(page: Page, role: str, project: str, role_there: str) -> str:
    page.goto("/people/invitations/")
    form = page.get_by_role("form", name="Invite people")
    form.get_by_role("radio", name=role).check()
    form.get_by_label("Project 1", exact=True).select_option(project)
    form.get_by_label("Role in project 1", exact=True).select_option(label=role_there)
    form.get_by_role("button", name="Make invitation").click()
    return page.locator("#invitation-link").inner_text().strip()


def _join(page: Page, link: str, name: str) -> None:
    page.goto(link)
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("E-mail address").fill(f"{name}@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Make my account").click()
    page.wait_for_url(lambda address: "/people/" not in address)


def _run(page: Page, slug: str, prompt: str) -> None:
    page.goto(f"/models/sandbox/aurora/lite/?project={slug}")
    page.locator("form-fields [name=prompt]").fill(prompt)
    page.locator("#run-button").click()
    page.locator("#stage [data-run-state='succeeded'] .artifact").first.wait_for()


def _forbid(page: Page, slug: str) -> None:
    page.goto(f"/projects/{slug}/rules/")
    page.get_by_label("Rule", exact=True).select_option("forbid")
    page.get_by_label("Models by").select_option(label="Model")
    page.get_by_label("Which").fill(LOCKED)
    page.get_by_label("Why (whoever wants").fill("Landscapes are done: the posters need foxes")
    page.get_by_role("button", name="Add rule").click()
    page.locator(".rule-list li").first.wait_for()
