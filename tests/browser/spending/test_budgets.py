"""On a phone: an admin makes a budget, a member asks for more of it, one click grants it."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from catalog.models import Endpoint
from runs import starting
from runs.refused_starts import Unaffordable
from runs.starting import Source, StartRequest
from spending.models import BudgetRequest
from tests.browser.axe import assert_clean, assert_fits, assert_usable
from tests.browser.contexts import Contexts
from tests.browser.gallery import PHONE
from tests.people.house import make_admin
from tests.projects.people import logged_in, make_project, person

pytestmark = pytest.mark.browser
As = Callable[..., Page]


@pytest.fixture
def as_person(contexts: Contexts, live_server: LiveServer, gallery: None) -> As:
    """`as_person("ben")` → a page of a phone's browser in which ben is logged in."""

    def open_browser(name: str, *, scripts: bool = True) -> Page:
        cookie = logged_in(person(name)).cookies[settings.SESSION_COOKIE_NAME]
        context = contexts.take(
            viewport={"width": PHONE[0], "height": PHONE[1]},
            base_url=live_server.url,
            java_script_enabled=scripts,
        )
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
        return context.new_page()

    return open_browser


@pytest.mark.exhaustive
def test_a_budget_is_made_asked_more_of_and_granted(as_person: As) -> None:
    make_admin("eva")
    fox = make_project("Red Fox", mia="manager", ben="maker")
    eva = as_person("eva")
    eva.goto("/spend/budgets/")
    assert_usable(eva)
    eva.get_by_role("link", name="New budget").click()
    eva.locator("#id_target").select_option(label="Red Fox", force=True)
    eva.get_by_label("Limit in dollars").fill("0")
    eva.get_by_role("button", name="Make budget").click()
    expect(eva.get_by_role("alert")).to_contain_text("A budget of nothing stops everything.")
    assert_usable(eva)
    eva.get_by_label("Limit in dollars").fill("1")
    eva.get_by_role("button", name="Make budget").click()
    expect(eva.get_by_text("The budget is made. Red Fox: $1.00 a month.")).to_be_visible()
    assert_usable(eva)

    endpoint = Endpoint.objects.filter(unit_price_usd=None).first()
    assert endpoint is not None
    wanted = StartRequest(
        user=person("ben"), endpoint=endpoint, arguments={}, source=Source.FORM, key="k",
        project=fox, estimate=None,
    )  # fmt: skip
    Endpoint.objects.filter(pk=endpoint.pk).update(
        unit_price_usd=Decimal(2), price_unit="images", currency="USD"
    )
    endpoint.refresh_from_db()
    with pytest.raises(Unaffordable) as refusal:
        starting.start(wanted)
    remedy = refusal.value.remedy
    assert remedy is not None

    ben = as_person("ben", scripts=False)
    ben.goto(f"/projects/{fox.slug}/?project={fox.slug}")
    ben.locator("details.menu:not(.projects) > summary").click()
    expect(ben.get_by_role("link", name="Budget: $1.00 left")).to_be_visible()
    ben.goto(remedy.address)
    ben.get_by_label("Why, in a sentence").fill("The printer waits until Friday")
    ben.get_by_role("button", name="Ask eva").click()
    expect(ben.get_by_text("eva can grant it, and has been told.")).to_be_visible()

    request = BudgetRequest.objects.get()
    eva.goto("/spend/requests/")
    assert_usable(eva)
    eva.get_by_role("link", name=re.compile("ben: .1.00 more for Red Fox")).click()
    expect(eva.get_by_role("heading", level=1)).to_have_text("ben asks for $1.00 more for Red Fox")
    assert_clean(eva)
    assert_fits(eva)
    eva.get_by_role("button", name=re.compile("^Grant")).click()
    expect(eva.get_by_text("Granted: $1.00 more for Red Fox.")).to_be_visible()
    assert_usable(eva)
    ben.goto(request.get_absolute_url())
    expect(ben.get_by_text("eva has granted $1.00")).to_be_visible()
    assert starting.start(wanted).is_new
