"""Where a person is logged in, and how that ends."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client

from accounts import single_use
from accounts.models import UserSession
from accounts.sessions import active_sessions

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def log_in(agent: str = FIREFOX, **more: Any) -> Client:
    browser = Client(headers={"user-agent": agent}, **more)
    browser.post("/login/", {"username": "ana", "password": "pw"})
    return browser


def session_key(browser: Client) -> str:
    return str(browser.session.session_key)


def test_the_page_lists_each_session_with_its_device_and_address(user: User) -> None:
    here = log_in()
    log_in("curl/8.5.0", REMOTE_ADDR="192.0.2.7")
    html = here.get("/account/").content.decode()
    assert "Firefox on Linux" in html
    assert "curl" in html
    assert "192.0.2.7" in html
    assert html.count("This one") == 1
    assert session_key(here) not in html


def test_one_session_is_ended(user: User) -> None:
    here, there = log_in(), log_in("curl/8.5.0")
    chosen = UserSession.objects.get(session_id=session_key(there))
    key = session_key(there)
    here.post("/account/sessions/deletion/", {"session": str(chosen.public_id)})
    assert there.get("/account/").status_code == 302
    assert here.get("/account/").status_code == 200
    assert single_use.is_spent(single_use.session_digest(key))


def test_all_others_are_ended(user: User) -> None:
    here = log_in()
    others = [log_in(), log_in()]
    here.post("/account/sessions/deletion/", {"others": "1"})
    assert [one.get("/account/").status_code for one in others] == [302, 302]
    assert here.get("/account/").status_code == 200


def test_nobody_ends_anothers_session(user: User, stranger: User, client: Client) -> None:
    here = log_in()
    chosen = UserSession.objects.get(session_id=session_key(here))
    client.force_login(stranger)
    for named in (str(chosen.public_id), "nonsense"):
        answer = client.post("/account/sessions/deletion/", {"session": named}, follow=True)
        assert "has ended already" in answer.content.decode()
    assert here.get("/account/").status_code == 200


def test_a_page_view_costs_no_query_until_the_note_is_old(
    member: Client, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(3):  # session, user, runs
        member.get("/runs/")
    session = member.session
    session[active_sessions.RECORDED_AT] -= active_sessions.NOTE_EVERY.total_seconds() + 1
    session.save()
    UserSession.objects.all().delete()
    member.get("/runs/")
    assert UserSession.objects.count() == 1


def test_a_session_from_before_is_listed_once_it_is_used(member: Client) -> None:
    UserSession.objects.all().delete()
    assert "This one" in member.get("/account/").content.decode()


def test_the_row_goes_with_the_session(member: Client) -> None:
    assert UserSession.objects.count() == 1
    member.post("/logout/")
    assert not UserSession.objects.exists()
    assert not Session.objects.exists()
