"""A member asks for a locked model, a manager allows it in the bell, and the member runs it."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from catalog.models import Endpoint
from projects import current
from projects.models import Rule
from tests.browser.axe import assert_clean, assert_usable
from tests.browser.contexts import Contexts
from tests.browser.gallery import PHONE, Open
from tests.projects.people import logged_in, make_project, person

pytestmark = pytest.mark.browser


def test_a_member_asks_and_a_manager_allows_it_in_the_bell(
    gallery: None, open_page: Open, user: User, contexts: Contexts, live_server: LiveServer
) -> None:
    fox = make_project("Red Fox", ana="maker", mia="manager")
    Rule.objects.create(project=fox, effect="only", kind="mark", value="approved")
    endpoint = Endpoint.objects.order_by("position")[0]
    current.choose(user, fox)
    page = open_page(endpoint.get_absolute_url())
    expect(page.locator("#run-button")).to_be_disabled()
    page.get_by_role("link", name="Ask for this model").press("Enter")
    page.get_by_label("What for").fill("For the trailer")
    assert_clean(page)
    page.get_by_role("button", name="Ask mia").press("Enter")
    expect(page.get_by_text("mia can allow it, and has been notified.")).to_be_visible()

    cookie = logged_in(person("mia")).cookies[settings.SESSION_COOKIE_NAME]
    context = contexts.take(
        viewport={"width": PHONE[0], "height": PHONE[1]}, base_url=live_server.url
    )
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
    manager = context.new_page()
    manager.goto("/models/")
    manager.locator("[data-inbox]").first.click()
    expect(manager.locator("#tray").get_by_role("link", name="Inbox", exact=True)).to_be_visible()
    new_tab = manager.locator("[data-tray-tab=new]")
    if new_tab.count():
        new_tab.click()
    allow = manager.get_by_role("button", name=f"Allow : ana asks for {endpoint.name} in Red Fox")
    expect(allow).to_be_visible()
    assert_usable(manager)
    allow.click()
    expect(manager.get_by_text(f"Allowed: {endpoint.name} in Red Fox.")).to_be_visible()

    page.reload()
    expect(page.locator("#run-button")).to_be_enabled()
    expect(page.locator("[data-lock]")).to_have_count(0)
