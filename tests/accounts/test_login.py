"""A logged-in user stays so; other visitors get the login page, or a notice in a fragment."""

from datetime import timedelta

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

pytestmark = pytest.mark.django_db


def test_a_stored_session_names_a_backend_that_still_exists(member: Client) -> None:
    assert member.session[BACKEND_SESSION_KEY] == "accounts.login.Backend"


def test_a_part_of_a_page_is_not_replaced_by_the_login_page(client: Client) -> None:
    response = client.get("/runs/", headers={"hx-request": "true"})
    assert response.status_code == 401
    assert not response.content


def test_a_deactivated_user_is_logged_out(member: Client, user: User) -> None:
    assert member.get("/runs/").status_code == 200
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert member.get("/runs/").status_code == 302


def test_an_expired_session_is_logged_out(member: Client) -> None:
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert member.get("/runs/").status_code == 302
