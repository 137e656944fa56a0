"""Users in the admin: their runs, and the page that removes somebody."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client

from runs.models import Run
from tests.conftest import grant

pytestmark = pytest.mark.django_db
USERS = "/admin/auth/user/"


@pytest.fixture
def eva(client: Client) -> Client:
    """A browser of a superuser."""
    client.force_login(
        User.objects.create_user("eva", password="pw", is_staff=True, is_superuser=True)
    )
    return client


def removal(user: User) -> str:
    return f"{USERS}{user.pk}/removal/"


def test_the_user_list_counts_runs(
    eva: Client, make_run: Any, django_assert_num_queries: Any
) -> None:
    make_run()
    make_run()
    html = eva.get(USERS).content.decode()
    assert '<a href="/runs/?whose=ana">2</a>, last ' in html
    for number in range(5):
        User.objects.create_user(f"user{number}")
    with django_assert_num_queries(8):
        eva.get(USERS)


def test_deleting_a_user_opens_a_removal_page_with_counts(
    eva: Client, make_run: Any, user: User
) -> None:
    make_run()
    answer = eva.get(f"{USERS}{user.pk}/delete/", follow=True)
    assert answer.redirect_chain[-1][0] == removal(user)
    assert "ana has 1 runs" in " ".join(answer.content.decode().split())
    assert "delete_selected" not in eva.get(USERS).content.decode()


def test_runs_can_be_handed_over_in_the_admin(
    eva: Client, make_run: Any, user: User, stranger: User
) -> None:
    run = make_run()
    missing = eva.post(removal(user), {"how": "pass_on", "to": ""})
    assert missing.status_code == 422
    assert "Choose who gets it." in missing.content.decode()
    done = eva.post(removal(user), {"how": "pass_on", "to": stranger.pk}, follow=True)
    assert "sam has got 1 runs" in done.content.decode()
    run.refresh_from_db()
    assert run.user == stranger
    assert "Got from ana" in LogEntry.objects.get().get_change_message()


def test_an_account_can_be_deactivated_and_reactivated(
    eva: Client, make_run: Any, user: User
) -> None:
    make_run()
    eva.post(removal(user), {"how": "deactivate"})
    user.refresh_from_db()
    assert not user.is_active
    assert Run.objects.filter(user=user).exists()
    eva.post(USERS, {"action": "reactivate", "_selected_action": [user.pk]})
    user.refresh_from_db()
    assert user.is_active
    eva.post(USERS, {"action": "deactivate", "_selected_action": [user.pk]})
    user.refresh_from_db()
    assert not user.is_active


def test_permissions_for_internal_rows_are_not_offered(eva: Client, user: User) -> None:
    for page in (f"{USERS}{user.pk}/change/", "/admin/auth/group/add/"):
        html = eva.get(page).content.decode()
        assert "Can cancel anybody" in html
        assert "Can view worker" in html
        assert "login link" not in html


def test_ones_own_account_cannot_be_removed(eva: Client) -> None:
    own = User.objects.get(username="eva")
    answer = eva.post(removal(own), {"how": "deactivate"})
    assert answer.status_code == 422
    assert "your own account" in answer.content.decode()


def test_changing_accounts_does_not_permit_handing_over_runs(
    client: Client, make_run: Any, user: User, stranger: User
) -> None:
    run = make_run()
    uma = User.objects.create_user("uma")
    grant(uma, "auth.change_user", "auth.view_user")
    client.force_login(uma)
    assert "Pass everything on" not in client.get(removal(user)).content.decode()
    refused = client.post(removal(user), {"how": "pass_on", "to": stranger.pk})
    assert refused.status_code == 403
    run.refresh_from_db()
    assert run.user == user
    assert client.get(f"{USERS}{user.pk}/delete/").status_code == 403
