"""Staff need a permission for each action on others' objects, whose pages say who has acted."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import permissions
from tests.conftest import grant
from tests.runs.looks import let_look

pytestmark = pytest.mark.django_db
Staff = Callable[..., Client]


@pytest.fixture
def staff() -> Staff:
    """`staff("playground.cancel_any_run")` → a browser of Eva, staff with these permissions."""

    def browser(*names: str) -> Client:
        eva = User.objects.create_user("eva")
        grant(eva, *names)
        client = Client()
        client.force_login(eva)
        return client

    return browser


def test_every_checked_permission_exists() -> None:
    existing = {
        f"{p.content_type.app_label}.{p.codename}" for p in Permission.objects.select_related()
    }
    assert set(permissions.ACTIONS) <= existing


def test_staff_without_a_permission_see_their_own_runs_only(staff: Staff, make_run: Any) -> None:
    run = make_run(title="secret plans")
    eva = staff()
    for address in (run.get_absolute_url(), f"{run.get_absolute_url()}output.json"):
        assert eva.get(address).status_code == 404
    assert b"secret plans" not in eva.get("/runs/?whose=*").content
    for permission in permissions.SEE_RUNS:
        User.objects.get(username="eva").delete()
        allowed = staff(permission)
        assert allowed.get(run.get_absolute_url()).status_code == 200, permission
        listed = allowed.get("/runs/?whose=*").content
        assert str(run.pk).encode() in listed, permission
        assert b"secret plans" not in listed, permission


def test_lists_default_to_the_users_own_runs_for_viewers_of_all(
    staff: Staff, make_run: Any
) -> None:
    run = make_run(title="a cat of ana")
    eva = staff("playground.view_run")
    let_look(User.objects.get(username="eva"), run)
    make_run(user=User.objects.get(username="eva"), title="a dog of eva")
    for page in ("/runs/", "/runs/latest/", f"/models/{run.endpoint.endpoint_id}/?tab=runs"):
        html = eva.get(page, follow=True).content.decode()
        assert "a dog of eva" in html, page
        assert "a cat of ana" not in html, page
    for page in ("/runs/?as=list&whose=*", "/runs/?as=list&whose=ana"):
        assert "a cat of ana" in eva.get(page, follow=True).content.decode(), page


def test_permissions_are_checked_only_for_staff(member: Client, make_run: Any) -> None:
    make_run()
    with CaptureQueriesContext(connection) as queries:
        member.get("/runs/")
    assert not [query for query in queries if "auth_permission" in query["sql"]]
