"""Runs in the admin: what curators need to see, in as few queries for many runs as for one."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.models import SyncReport
from core.admin import CappedPaginator
from tests.conftest import grant

pytestmark = pytest.mark.django_db


@pytest.fixture
def eva(client: Client) -> Client:
    """A superuser's browser."""
    client.force_login(
        User.objects.create_user("eva", password="pw", is_staff=True, is_superuser=True)
    )
    return client


def test_an_admin_run_page_shows_no_secrets_or_outputs(eva, make_run):
    run = make_run(state="succeeded", output={"text": "a long result"})
    html = eva.get(f"/admin/playground/run/{run.pk}/change/").content.decode()
    assert run.webhook_token not in html
    assert "a long result" not in html
    assert run.get_absolute_url() in html


def test_sync_reports_and_changes_cannot_be_deleted_in_the_admin(eva):
    report = SyncReport.objects.create(state="done")
    page = "/admin/catalog/syncreport/"
    assert "delete_selected" not in eva.get(page).content.decode()
    assert eva.post(f"{page}{report.pk}/delete/", {"post": "yes"}).status_code == 403
    eva.post(page, {"action": "delete_selected", "_selected_action": [report.pk], "post": "yes"})
    assert SyncReport.objects.exists()
    assert "delete_selected" not in eva.get("/admin/catalog/change/").content.decode()


def test_the_run_list_counts_only_up_to_its_last_page(eva, make_run, monkeypatch):
    monkeypatch.setattr(CappedPaginator, "MOST", 3)
    for _ in range(2):
        make_run()
    assert "Only the first" not in eva.get("/admin/playground/run/").content.decode()
    for _ in range(2):
        make_run()
    with CaptureQueriesContext(connection) as captured:
        html = eva.get("/admin/playground/run/").content.decode()
    assert "Only the first 3 are listed: filter or search to find others." in html
    counts = [query["sql"] for query in captured if "COUNT(" in query["sql"]]
    assert counts
    assert all("LIMIT 3" in sql for sql in counts)


USERS = "/admin/auth/user/"


def make_post(person: User, **changes: Any) -> dict[str, Any]:
    """Return what the form of a user posts."""
    kept = {"username": person.username, "date_joined_0": "2026-01-01", "date_joined_1": "00:00"}
    staff = {"is_staff": "on"} if person.is_staff else {}
    groups = [str(pk) for pk in person.groups.values_list("pk", flat=True)]
    return {**kept, **staff, "groups": groups, **changes}


def test_the_last_admin_cannot_be_unmade_in_the_admin(eva):
    person = User.objects.get(username="eva")
    address = f"{USERS}{person.pk}/change/"
    refused = eva.post(address, make_post(person, groups=[]))
    assert "eva is the only admin" in refused.content.decode()
    person.refresh_from_db()
    assert person.is_superuser
    User.objects.create_superuser("boss")
    assert eva.post(address, make_post(person, groups=[])).status_code == 302
    person.refresh_from_db()
    assert not person.is_superuser


def test_who_is_no_superuser_gives_nobody_power_in_the_admin(client, user):
    uma = User.objects.create_user("uma")
    grant(uma, "auth.change_user", "auth.view_user")
    client.force_login(uma)
    changes = {"is_superuser": "on", "is_staff": "on", "first_name": "Ana"}
    answer = client.post(f"{USERS}{user.pk}/change/", make_post(user, **changes))
    assert answer.status_code == 302
    user.refresh_from_db()
    assert (user.first_name, user.is_staff, user.is_superuser) == ("Ana", False, False)


def test_nobody_is_deactivated_in_the_admin(eva, user):
    page = eva.get(f"{USERS}{user.pk}/change/").content.decode()
    assert 'name="is_active"' not in page
    eva.post(f"{USERS}{user.pk}/change/", make_post(user))
    user.refresh_from_db()
    assert user.is_active


def test_the_groups_of_the_roles_stay(eva):
    group = Group.objects.get(name="curator")
    eva.post(f"/admin/auth/group/{group.pk}/change/", {"name": "others", "permissions": []})
    eva.post(f"/admin/auth/group/{group.pk}/delete/", {"post": "yes"})
    chosen = {"action": "delete_selected", "_selected_action": [group.pk], "post": "yes"}
    eva.post("/admin/auth/group/", chosen)
    group.refresh_from_db()
    assert group.name == "curator"
    assert not group.permissions.exists()


def test_changing_accounts_does_not_permit_deleting_them(client, user):
    uma = User.objects.create_user("uma")
    grant(uma, "auth.change_user", "auth.view_user")
    client.force_login(uma)
    assert client.get(f"{USERS}{user.pk}/delete/").status_code == 403
