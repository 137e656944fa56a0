"""Runs in the admin: what curators need to see of each, in as few queries for many as for one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.models import SyncReport
from core.admin import CappedPaginator

pytestmark = pytest.mark.django_db


@pytest.fixture
def eva(client: Client) -> Client:
    """A browser of a superuser."""
    client.force_login(
        User.objects.create_user("eva", password="pw", is_staff=True, is_superuser=True)
    )
    return client


def test_the_run_list_shows_user_cost_and_error(
    eva: Client, make_run: Any, make_endpoint: Any, django_assert_num_queries: Any
) -> None:
    endpoint = make_endpoint(unit_price_usd=Decimal("0.025"), price_unit="image")
    make_run(endpoint=endpoint, state="succeeded", billable_units="4", title="four foxes")
    error = {"error": "InvalidInput", "type": "InvalidInput", "message": "seed: foxes, no number"}
    make_run(endpoint=endpoint, state="failed", error=error)
    html = eva.get("/admin/playground/run/").content.decode()
    for text in ("$0.10", "InvalidInput", ">ana<"):
        assert text in html
    assert "foxes" not in html  # what somebody asked for is on the run's page, for a reason
    for _ in range(5):
        make_run(endpoint=endpoint)
    with django_assert_num_queries(8):
        eva.get("/admin/playground/run/")


def test_an_admin_run_page_shows_no_secrets_or_outputs(eva: Client, make_run: Any) -> None:
    run = make_run(state="succeeded", output={"text": "a long result"})
    html = eva.get(f"/admin/playground/run/{run.pk}/change/").content.decode()
    assert run.webhook_token not in html
    assert "a long result" not in html
    assert run.get_absolute_url() in html


def test_sync_reports_and_changes_cannot_be_deleted_in_the_admin(eva: Client) -> None:
    report = SyncReport.objects.create(state="done")
    page = "/admin/catalog/syncreport/"
    assert "delete_selected" not in eva.get(page).content.decode()
    assert eva.post(f"{page}{report.pk}/delete/", {"post": "yes"}).status_code == 403
    eva.post(page, {"action": "delete_selected", "_selected_action": [report.pk], "post": "yes"})
    assert SyncReport.objects.exists()
    assert "delete_selected" not in eva.get("/admin/catalog/change/").content.decode()


def test_the_run_list_counts_only_up_to_its_last_page(
    eva: Client, make_run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CappedPaginator, "MOST", 3)
    for _ in range(2):
        make_run()
    assert "The list ends" not in eva.get("/admin/playground/run/").content.decode()
    for _ in range(2):
        make_run()
    with CaptureQueriesContext(connection) as captured:
        html = eva.get("/admin/playground/run/").content.decode()
    assert "The list ends after 3: filter or search for others." in html
    counts = [query["sql"] for query in captured if "COUNT(" in query["sql"]]
    assert counts
    assert all("LIMIT 3" in sql for sql in counts)


@pytest.mark.parametrize("state", ["failed", "running", "succeeded"])
def test_the_run_list_can_be_filtered_by_state(eva: Client, make_run: Any, state: str) -> None:
    runs = {name: make_run(state=name) for name in ("failed", "running", "succeeded")}
    html = eva.get(f"/admin/playground/run/?state__exact={state}").content.decode()
    assert html.count(">open</a>") == 1
    assert runs[state].get_absolute_url() in html
