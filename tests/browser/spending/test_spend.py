"""Somebody asks what was spent, narrows it down to a run, and takes it along, without script."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from catalog.models import Endpoint
from spending.sums import rollups
from tests.browser.axe import assert_usable
from tests.browser.gallery import PHONE, Open
from tests.projects.people import make_project, person
from tests.spending.spend.charges import charge, days_ago

pytestmark = pytest.mark.browser


@pytest.fixture
def spent(gallery: None, user: User) -> None:
    """Two months of runs of Ana's project, with an unusual day, something under way and a gap."""
    project = make_project("Red Fox", ana="manager", ben="maker")
    models = list(Endpoint.objects.order_by("pk")[:6])
    for day in range(60):
        charge(user, f"{1 + day % 3}.10", days_ago(day), project, models[day % 6])
        charge(person("ben"), "0.40", days_ago(day), project, models[0], door="board")
    charge(user, "60.00", days_ago(3), project, models[1])
    charge(user, "4.00", state="reserved")
    charge(user, None)
    rollups.keep_up()


def test_the_page_is_read_narrowed_and_taken_along(open_page: Open, spent: None) -> None:
    days = f"from={days_ago(20)}&to={days_ago(0)}"
    page = open_page(f"/spend/?{days}", scripts=False)
    expect(page.get_by_role("img", name="Spent, by day")).to_be_visible()
    expect(page.get_by_text("1 unusual day", exact=True)).to_be_visible()
    before = page.locator("data[data-total]").get_attribute("value")
    page.get_by_role("navigation", name="By").get_by_role("link", name="Person").click()
    assert page.locator("data[data-total]").get_attribute("value") == before
    page.get_by_role("link", name="ben", exact=True).click()
    expect(page.locator("data[data-total]")).to_have_text("$8.40")
    page.get_by_label("A bar for each").select_option("week")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("data[data-total]")).to_have_text("$8.40")
    page.get_by_text("The chart as a table").click()
    expect(page.get_by_role("columnheader", name="Week")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV: the runs, in the columns of FOCUS").click()
    assert re.fullmatch(r"spend-focus-[\d-]+\.csv", download.value.suggested_filename)
    page.get_by_role("link", name="The 21 runs").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Runs that cost something")
    expect(page.get_by_role("row")).to_have_count(22)


@pytest.mark.parametrize("address", ["/spend/", "/spend/runs/", "/spend/?door=chat"])
def test_pages_of_spending_are_accessible_and_fit(
    open_page: Open, spent: None, address: str
) -> None:
    for size in ((1440, 900), PHONE):
        page: Any = open_page(address, size)
        page.evaluate(
            "for (const one of document.querySelectorAll('main details')) one.open = true"
        )
        assert_usable(page, address)
