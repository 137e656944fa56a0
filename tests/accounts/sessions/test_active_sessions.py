"""The list of a person's sessions, how they end, and what visitors without one get."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from asgiref.sync import async_to_sync
from django.contrib.auth import BACKEND_SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import single_use
from accounts.sessions import active_sessions
from accounts.sessions.store import SessionStore

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def log_in(agent: str = FIREFOX, **more: Any) -> Client:
    browser = Client(headers={"user-agent": agent}, **more)
    browser.post("/login/", {"login": "ana", "password": "pw"})
    return browser


def session_key(browser: Client) -> str:
    return str(browser.session.session_key)


def test_the_page_lists_each_session_with_its_device_and_address(user):
    here = log_in()
    log_in("curl/8.5.0", REMOTE_ADDR="192.0.2.7")
    html = here.get("/account/sessions/").content.decode()
    assert "Firefox on Linux" in html
    assert "curl" in html
    assert "192.0.2.7" in html
    assert html.count("This one") == 1
    assert session_key(here) not in html


def test_session_keys_are_not_stored_in_clear(user):
    here = log_in()
    secret = here.cookies["vitrine_session_8000"].value
    stored = Session.objects.get()
    assert stored.pk == UserSession.objects.get().session_key
    assert secret not in {stored.pk, *stored.get_decoded().values()}
    thief = Client()
    thief.cookies["vitrine_session_8000"] = stored.pk
    assert thief.get("/account/").status_code == 302
    assert here.get("/account/").status_code == 200
    assert here.cookies["vitrine_session_8000"].value == secret  # saving again keeps the cookie
    here.post("/logout/")
    assert not Session.objects.filter(pk=stored.pk).exists()


def test_async_session_methods_equal_the_sync_ones(user):
    async def act() -> str:
        session = SessionStore()
        await session.aset("a", 1)
        await session.asave()
        again = SessionStore(session.session_key)
        assert await again.aget("a") == 1
        assert await again.aexists(str(session.session_key))
        return str(session.session_key)

    key = async_to_sync(act)()
    assert SessionStore(key).get("a") == 1
    async_to_sync(SessionStore(key).adelete)()
    assert not SessionStore().exists(key)


def test_one_session_can_be_ended(user):
    here, there = log_in(), log_in("curl/8.5.0")
    chosen = UserSession.objects.get(session_key=session_key(there))
    key = session_key(there)
    here.post("/account/sessions/deletion/", {"session": str(chosen.pk)})
    assert there.get("/account/").status_code == 302
    assert here.get("/account/").status_code == 200
    assert single_use.is_spent(single_use.session_digest(key))


def test_all_other_sessions_can_be_ended(user):
    here = log_in()
    others = [log_in(), log_in()]
    here.post("/account/sessions/")
    assert [browser.get("/account/").status_code for browser in others] == [302, 302]
    assert here.get("/account/").status_code == 200


def test_a_session_of_somebody_else_cannot_be_ended(user, stranger, client):
    here = log_in()
    chosen = UserSession.objects.get(session_key=session_key(here))
    client.force_login(stranger)
    for named in (str(chosen.pk), "nonsense"):
        answer = client.post("/account/sessions/deletion/", {"session": named}, follow=True)
        assert "has ended already" in answer.content.decode()
    assert here.get("/account/").status_code == 200


def test_a_page_view_takes_no_query_until_the_last_use_is_old(member):
    with CaptureQueriesContext(connection) as queries:
        member.get("/runs/")
    table = UserSession._meta.db_table
    assert not [query for query in queries.captured_queries if table in query["sql"]]
    session = member.session
    session[active_sessions.RECORDED_AT] -= active_sessions.NOTE_EVERY.total_seconds() + 1
    session.save()
    UserSession.objects.all().delete()
    member.get("/runs/")
    assert UserSession.objects.count() == 1


def test_a_logout_deletes_the_session(member):
    assert UserSession.objects.count() == 1
    member.post("/logout/")
    assert not Session.objects.exists()


def test_a_stored_session_names_a_backend_that_still_exists(member):
    assert member.session[BACKEND_SESSION_KEY] == "accounts.login.Backend"


def test_a_part_of_a_page_is_not_replaced_by_the_login_page(client):
    response = client.get("/runs/", headers={"hx-request": "true"})
    assert response.status_code == 401
    assert not response.content


def test_a_deactivated_user_is_logged_out(member, user):
    assert member.get("/runs/").status_code == 200
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert member.get("/runs/").status_code == 302


def test_an_expired_session_is_logged_out(member):
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert member.get("/runs/").status_code == 302
