"""Where a person is logged in, and how that ends."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.apps import apps
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client

from accounts import single_use
from accounts.models import UserSession
from accounts.sessions import active_sessions
from accounts.sessions.store import SessionStore
from accounts.single_use import stored_session_key

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]
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


def test_session_keys_are_not_stored_in_clear(user: User) -> None:
    here = log_in()
    key = session_key(here)
    stored = Session.objects.get()
    assert key not in {stored.pk, UserSession.objects.get().pk}
    thief = Client()
    thief.cookies["vitrine_session_8000"] = stored.pk
    assert thief.get("/account/").status_code == 302
    assert here.get("/account/").status_code == 200
    here.post("/logout/")
    assert not Session.objects.filter(pk=stored.pk).exists()


def test_async_session_methods_equal_the_sync_ones(user: User) -> None:
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


def test_the_migration_keeps_everybody_logged_in(user: User) -> None:
    here = log_in()
    stored, key = Session.objects.get(), session_key(here)
    Session.objects.create(
        session_key=key, session_data=stored.session_data, expire_date=stored.expire_date
    )
    UserSession.objects.update(session_id=key)
    stored.delete()
    assert here.get("/account/").status_code == 302
    migration = importlib.import_module("accounts.migrations.0003_session_digests")
    migration.store_digests(apps, connection.schema_editor())
    here.cookies["vitrine_session_8000"] = key
    page = here.get("/account/")
    assert "This one" in page.content.decode()
    assert Session.objects.get().pk == stored_session_key(key)


def test_one_session_can_be_ended(user: User) -> None:
    here, there = log_in(), log_in("curl/8.5.0")
    chosen = UserSession.objects.get(session_id=stored_session_key(session_key(there)))
    key = session_key(there)
    here.post("/account/sessions/deletion/", {"session": str(chosen.public_id)})
    assert there.get("/account/").status_code == 302
    assert here.get("/account/").status_code == 200
    assert single_use.is_spent(single_use.session_digest(key))


def test_all_other_sessions_can_be_ended(user: User) -> None:
    here = log_in()
    others = [log_in(), log_in()]
    here.post("/account/sessions/deletion/", {"others": "1"})
    assert [browser.get("/account/").status_code for browser in others] == [302, 302]
    assert here.get("/account/").status_code == 200


def test_a_session_of_somebody_else_cannot_be_ended(
    user: User, stranger: User, client: Client
) -> None:
    here = log_in()
    chosen = UserSession.objects.get(session_id=stored_session_key(session_key(here)))
    client.force_login(stranger)
    for named in (str(chosen.public_id), "nonsense"):
        answer = client.post("/account/sessions/deletion/", {"session": named}, follow=True)
        assert "has ended already" in answer.content.decode()
    assert here.get("/account/").status_code == 200


def test_a_page_view_takes_no_query_until_the_last_use_is_old(
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


def test_an_older_session_is_listed_once_it_is_used(member: Client) -> None:
    UserSession.objects.all().delete()
    assert "This one" in member.get("/account/").content.decode()


def test_the_row_is_deleted_with_its_session(member: Client) -> None:
    assert UserSession.objects.count() == 1
    member.post("/logout/")
    assert not UserSession.objects.exists()
    assert not Session.objects.exists()
