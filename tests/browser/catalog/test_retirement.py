"""An administrator retires a model that three people use in forty places of eight kinds."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from catalog.models import Endpoint
from tests.browser.axe import assert_clean, assert_usable
from tests.browser.contexts import Contexts
from tests.browser.gallery import PHONE, Open
from tests.conftest import grant
from tests.features.retirement.house import NEW, OLD, furnish
from tests.projects.people import logged_in, person

pytestmark = pytest.mark.browser
PERMISSIONS = (
    *("catalog.change_endpoint", "catalog.change_collection"),
    *("playground.view_run", "playground.set_house_default"),
)


def places(page: Page, number: int) -> None:
    """Expect so many places on the page."""
    expect(page.get_by_role("heading", name=f"{number} places", exact=True)).to_be_visible()


def test_a_model_in_34_places_is_retired(
    transactional_db: None,
    make_endpoint: Any,
    open_page: Open,
    user: User,
    contexts: Contexts,
    live_server: LiveServer,
) -> None:
    grant(user, *PERMISSIONS)
    old, new = furnish(make_endpoint, [user, person("ben"), person("cora")])
    Endpoint.objects.filter(pk=old.pk).update(status="deprecated")
    page = open_page(old.get_absolute_url())
    page.get_by_role("link", name="What uses it").click()
    places(page, 34)
    expect(page.locator("main section[aria-label]")).to_have_count(7)
    page.get_by_role("link", name=new.name).click()
    page.get_by_role("button", name="Name as deputy").click()
    expect(page.get_by_text("The deputy is")).to_be_visible()
    expect(page.get_by_text("Lost: “Mood” is not used").first).to_be_visible()
    assert_clean(page)
    page.get_by_role("button", name="Move all of mine").click()
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    places(page, 25)
    undo.click()
    places(page, 34)
    page.get_by_role("button", name="Move all of mine").click()
    places(page, 25)

    cookie = logged_in(person("ben")).cookies[settings.SESSION_COOKIE_NAME]
    context = contexts.take(
        viewport={"width": PHONE[0], "height": PHONE[1]}, base_url=live_server.url
    )
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
    colleague = context.new_page()
    colleague.goto("/inbox/")
    colleague.get_by_role("link", name=f"{old.name} is deprecated").first.click()
    expect(colleague).to_have_url(f"{live_server.url}/models/{OLD}/dependants/?to={NEW}")
    assert_usable(colleague)
    colleague.get_by_role("button", name="Move all of mine").click()
    expect(colleague.get_by_role("button", name="Undo")).to_be_visible()
