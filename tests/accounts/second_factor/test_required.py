"""SECOND_FACTOR: who must set one up, who keeps the last one; how logins are confirmed again."""

import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.test import Client

from accounts.sessions.cache import SessionCache
from accounts.sessions.strength import must_have_factor
from accounts.sign_in import local_owner
from api import tokens
from tests.accounts.second_factor.journeys import (
    APP,
    CODES,
    INDEX,
    NEW_PASSKEY,
    PASSKEYS,
    STEP,
    add_passkey,
    at_localhost,
    code_of,
    kinds,
    log_in,
    options_of,
    set_up_app,
)

LAST = "this is its only one"
CONFIRM, CONFIRM_BY_PASSKEY = "/login/again/code/", "/login/again/passkey/"
AGAIN = "/login/again/new/"


@pytest.fixture
def required(settings: Any) -> None:
    """Everybody must have a second factor."""
    settings.SECOND_FACTOR = "all"


@pytest.mark.parametrize(
    ("setting", "who"),
    [("off", set()), ("admins", {"staff", "root"}), ("all", {"user", "staff", "root"})],
)
def test_the_setting_says_who_must(setting, who, settings):
    settings.SECOND_FACTOR = setting
    people = [User(username="user"), User(username="staff", is_staff=True)]
    people.append(User(username="root", is_superuser=True))
    assert {person.username for person in people if must_have_factor(person)} == who


@pytest.mark.usefixtures("required")
def test_whoever_has_none_is_led_to_set_one_up_and_on(ana):
    client = at_localhost()
    log_in(client, to="/runs/")
    assert client.get("/runs/?q=fox")["Location"] == INDEX
    set_up_app(client)
    codes = client.get(CODES).content.decode()
    assert 'href="/runs/?q=fox"' in codes
    assert client.get("/runs/").status_code == 200
    assert "/runs/?q=fox" not in client.get(CODES).content.decode()


def test_a_session_from_before_the_setting_obeys(here, settings):
    assert here.get("/runs/").status_code == 200
    settings.SECOND_FACTOR = "all"
    assert here.get("/runs/")["Location"] == INDEX


@pytest.mark.usefixtures("required")
def test_what_cannot_be_led_is_refused(here):
    part = here.get("/runs/", headers={"hx-request": "true"})
    assert part.status_code == 403
    script = here.get("/runs/", headers={"sec-fetch-dest": "empty"})
    assert script.status_code == 403
    form = here.post("/account/name/", {"first_name": "Ana"})
    assert form.status_code == 403
    assert User.objects.get().first_name == ""


@pytest.mark.usefixtures("required")
def test_the_way_out_and_public_pages_stay_open(here):
    assert here.get("/healthz").status_code != 302
    assert here.get("/favicon.ico")["Location"].startswith("/static/")
    for page in (INDEX, APP, PASSKEYS, NEW_PASSKEY, "/login/again/"):
        assert here.get(page).status_code == 200, page
    assert here.post("/logout/")["Location"] == "/login/"


@pytest.mark.usefixtures("required")
def test_the_admin_is_no_way_around(ana):
    User.objects.update(is_staff=True, is_superuser=True)
    client = at_localhost()
    log_in(client)
    assert client.get("/admin/")["Location"] == INDEX
    assert client.get("/admin/auth/user/")["Location"] == INDEX


@pytest.mark.usefixtures("required")
def test_api_tokens_are_not_asked(ana):
    _, secret = tokens.create(ana, "script")
    headers = {"authorization": f"Bearer {secret}"}
    assert Client().get("/api/v1/me", headers=headers).status_code == 200


@pytest.mark.usefixtures("required")
def test_live_pages_of_such_a_session_get_nothing(here):
    key = here.session.session_key or ""
    assert async_to_sync(SessionCache().get_user)(key) is None
    set_up_app(here)
    user = async_to_sync(SessionCache().get_user)(key)
    assert user is not None
    assert user.pk == User.objects.get().pk


@pytest.mark.usefixtures("required")
def test_the_link_of_make_run_is_enough_for_the_owner(client, ana):
    client.post(f"/login/link/{local_owner.login_token(local_owner.get_or_create())}/")
    assert client.get("/runs/").status_code == 200
    other = Client()
    other.post(f"/login/link/{local_owner.login_token(ana)}/")
    assert other.get("/runs/")["Location"] == INDEX


@pytest.mark.usefixtures("required")
def test_another_session_shows_the_factor_too(here, ana):
    elsewhere = at_localhost()
    elsewhere.force_login(ana)
    secret = set_up_app(here)
    assert elsewhere.get("/runs/")["Location"] == f"{CONFIRM}?next=%2Fruns%2F"
    # With only the password, nobody can add a factor.
    for page in (NEW_PASSKEY, PASSKEYS, INDEX, "/login/again/", f"{APP}removal/"):
        assert elsewhere.get(page)["Location"].startswith(CONFIRM)
    posted = {"code": code_of(secret), "next": "/runs/"}
    assert elsewhere.post(CONFIRM, posted)["Location"] == "/runs/"
    assert elsewhere.get("/runs/").status_code == 200


@pytest.mark.usefixtures("required")
def test_another_session_shows_the_passkey(here, ana):
    elsewhere = at_localhost()
    elsewhere.force_login(ana)
    passkey = add_passkey(here)
    where = elsewhere.get("/runs/")["Location"]
    assert where == f"{CONFIRM_BY_PASSKEY}?next=%2Fruns%2F"
    credential = passkey.sign(options_of(elsewhere.get(where)))
    elsewhere.post(CONFIRM_BY_PASSKEY, {"credential": credential, "next": "/runs/"})
    assert elsewhere.get("/runs/").status_code == 200


@pytest.mark.usefixtures("required")
def test_a_login_with_the_step_is_strong(here, ana):
    secret = set_up_app(here)
    there = at_localhost()
    log_in(there)
    there.post(STEP, {"code": code_of(secret)})
    assert there.get("/runs/").status_code == 200


@pytest.mark.usefixtures("required")
def test_the_last_factor_stays(here, ana):
    set_up_app(here)
    removal = f"{APP}removal/"
    assert LAST in here.get(removal).content.decode()
    assert here.post(removal).status_code == 403
    add_passkey(here)
    assert here.post(removal).status_code == 302
    pk = Authenticator.objects.get(type="webauthn").pk
    assert here.post(f"{PASSKEYS}{pk}/removal/").status_code == 403
    assert kinds(ana) == {"webauthn", "recovery_codes"}


def test_nobody_is_asked_by_default(here, django_assert_num_queries):
    here.get("/account/name/")
    with django_assert_num_queries(2):  # the session and its person
        assert here.get("/account/name/").status_code == 405


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Any:
    """`late()` lets the quarter of an hour pass for which a login counts."""
    started = time.time()

    def pass_time() -> None:
        monkeypatch.setattr("accounts.sign_in.adapter.time.time", lambda: started + 16 * 60)

    return pass_time


@pytest.fixture
def owner(client: Client, transactional_db: None) -> Client:
    """The owner, logged in with the link that `make run` prints."""
    client.post(f"/login/link/{local_owner.login_token(local_owner.get_or_create())}/")
    return client


def test_the_owner_is_confirmed_by_the_link_and_later_told_how_to_log_in_again(owner, late):
    assert owner.get(APP).status_code == 200
    late()
    where = owner.get(APP)["Location"]
    assert where == f"{AGAIN}?next=%2Faccount%2Fsecond-factor%2Fapp%2F"
    assert "manage.py login_link" in owner.get(where).content.decode()


def test_later_a_password_is_asked_for(here, late):
    late()
    assert here.get(APP)["Location"].startswith("/login/again/?next=")
    wrong = here.post("/login/again/", {"password": "wrong", "next": APP})
    assert wrong.status_code == 422
    right = here.post("/login/again/", {"password": "pw", "next": APP})
    assert right["Location"] == APP


def test_a_factor_offers_itself(here, late):
    secret = set_up_app(here)
    add_passkey(here)
    late()
    page = here.get("/login/again/").content.decode()
    assert "Use a passkey" in page
    confirmed = here.post("/login/again/code/", {"code": code_of(secret), "next": INDEX})
    assert confirmed["Location"] == INDEX


def test_wrong_codes_wait_there_too(here):
    set_up_app(here)
    answers = [here.post("/login/again/code/", {"code": "000000"}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [422] * 5 + [429]
    assert "Wait" in answers[-1].content.decode()
