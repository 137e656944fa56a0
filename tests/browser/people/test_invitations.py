"""An admin invites somebody, who makes an account; later their access ends. By keyboard, in both
themes, at phone width, and without script.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from people.house import role_permissions
from projects.models import Membership
from tests.browser.axe import assert_usable
from tests.browser.contexts import Contexts
from tests.browser.gallery import WIDE
from tests.people.house.made import make_admin
from tests.projects.people import logged_in, make_project

pytestmark = pytest.mark.browser
Browser = Callable[..., Page]
PASSWORD = "lantern-otter-7"


@pytest.fixture
def browser_of(contexts: Contexts, live_server: LiveServer, gallery: None) -> Browser:
    """`browser_of(eva)` → a page on which Eva is logged in; without a person, nobody is."""

    def open_browser(person: User | None = None) -> Page:
        context = contexts.take(
            viewport={"width": WIDE[0], "height": WIDE[1]},
            base_url=live_server.url,
        )
        if person:
            cookie = logged_in(person).cookies[settings.SESSION_COOKIE_NAME]
            context.add_cookies(
                [{"name": cookie.key, "value": cookie.value, "url": live_server.url}]
            )
        return context.new_page()

    return open_browser


@pytest.mark.exhaustive
def test_somebody_is_invited_joins_and_leaves(browser_of: Browser) -> None:
    role_permissions.give_defaults()
    admin = make_admin("eva")
    fox = make_project("Red Fox", eva="manager")
    eva = browser_of(admin)
    eva.goto("/")
    eva.get_by_text("eva", exact=True).click()
    eva.get_by_role("link", name="People", exact=True).click()
    eva.get_by_role("link", name="Invite people").click()
    eva.get_by_label("Project 1", exact=True).select_option("Red Fox")
    eva.get_by_role("button", name="Make invitation").press("Enter")
    link = eva.locator("#invitation-link").inner_text().strip()
    assert_usable(eva)

    mara = browser_of()
    mara.goto(link)
    expect(mara.get_by_role("heading", level=1)).to_have_text("eva invites you to Vitrine")
    assert_usable(mara)
    mara.get_by_label("Name", exact=True).fill("mara")
    mara.get_by_label("E-mail address").fill("mara@example.com")
    mara.get_by_label("Password").fill("password")
    mara.keyboard.press("Enter")
    expect(mara.get_by_label("Password")).to_be_focused()
    expect(mara.get_by_role("alert")).to_contain_text("too common")
    expect(mara.get_by_label("Name", exact=True)).to_have_value("mara")
    mara.get_by_label("Password").fill(PASSWORD)
    mara.keyboard.press("Enter")
    expect(mara.get_by_role("heading", name="Red Fox")).to_be_visible()

    eva.goto("/people/")
    assert_usable(eva)
    eva.get_by_role("link", name="mara").click()
    assert_usable(eva)
    eva.get_by_role("radio", name="Curator").check()
    eva.get_by_role("button", name="Save role").click()
    expect(eva.get_by_text("mara is now a curator.")).to_be_visible()
    eva.get_by_role("button", name="Remove from Red Fox").click()
    eva.get_by_role("button", name="Undo").click()
    expect(eva.get_by_text("mara is in “Red Fox” again.")).to_be_visible()
    eva.get_by_role("link", name="mara leaves…").click()
    assert_usable(eva)
    eva.get_by_role("button", name="End their access").click()
    expect(eva.get_by_text("mara has left: every access is ended.")).to_be_visible()
    mara.goto("/runs/")
    assert "/login/" in mara.url
    assert not Membership.objects.filter(project=fox, user__username="mara").exists()
