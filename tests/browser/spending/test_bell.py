"""Money is asked for, granted and used, and the bell tells both sides."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from core import periods
from spending.models import Budget
from tests.browser.axe import assert_usable
from tests.browser.contexts import Contexts
from tests.browser.gallery import PHONE, WIDE
from tests.projects.people import logged_in, make_project, person
from tests.sampling import sample

pytestmark = pytest.mark.browser


def opened(contexts: Contexts, server: LiveServer, client: Client, **options: object) -> Page:
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    context = contexts.take(base_url=server.url, **options)
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": server.url}])
    page: Page = context.new_page()
    page.goto("/")
    return page


def rings(page: Page, count: int) -> None:
    bell = page.locator("[data-inbox]")
    expect(bell).to_have_attribute("data-inbox", str(count))
    expect(bell).to_have_accessible_name(f"Inbox, {count} new" if count else "Inbox")


@pytest.mark.parametrize(("size", "scheme"), sample([(PHONE, "dark"), (WIDE, "light")], 1))
def test_a_request_for_money_is_told_to_both_sides(
    contexts: Contexts, live_server: LiveServer, gallery: None, size: tuple[int, int], scheme: str
) -> None:
    fox = make_project("Fox", ana="maker", mia="manager")
    budget = Budget.objects.create(scope="project", project=fox, limit=Decimal(1))
    look = {"viewport": {"width": size[0], "height": size[1]}, "color_scheme": scheme}
    ana = opened(contexts, live_server, logged_in(person("ana")), **look)
    month = periods.name_of_month(timezone.now())
    ana.goto(f"/spend/requests/new/?budget={budget.pk}&key={fox.pk}&period={month}&amount=3")
    ana.get_by_label("Why").fill("The film is due tomorrow")
    ana.get_by_role("button", name="Ask").click()
    rings(ana, 0)

    mia = opened(contexts, live_server, logged_in(person("mia")), **look)
    rings(mia, 1)
    expect(mia.get_by_role("region", name="Waiting for you")).to_contain_text("ana asks for $3.00")
    mia.locator("[data-inbox]").click()
    expect(mia.locator("#tray")).to_have_attribute("open", "")
    assert_usable(mia)
    mia.locator("#tray").get_by_role("link", name="ana asks for $3.00 more for Fox").click()
    mia.get_by_role("button", name="Grant").click()
    rings(mia, 0)

    ana.goto("/models/")
    rings(ana, 1)
    ana.locator("[data-inbox]").press("Enter")
    ana.locator("#tray").get_by_role("link", name="mia has granted $3.00 more for Fox").click()
    rings(ana, 0)
    ana.goto("/inbox/")
    expect(ana.get_by_role("list", name="What you were told")).to_contain_text("mia has granted")
    assert_usable(ana)
