"""Confirming one's login again, also for people without a password or a factor."""

import time
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from accounts.sign_in import local_owner
from tests.accounts.second_factor.journeys import (
    APP,
    INDEX,
    add_passkey,
    code_of,
    kinds,
    set_up_app,
)

AGAIN = "/login/again/new/"


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


def test_a_login_by_link_is_confirmation_enough(owner: Client) -> None:
    set_up_app(owner)
    assert kinds(User.objects.get()) == {"totp", "recovery_codes"}


def test_later_the_owner_is_told_how_to_log_in_again(owner: Client, late: Any) -> None:
    late()
    where = owner.get(APP)["Location"]
    assert where == f"{AGAIN}?next=%2Faccount%2Fsecond-factor%2Fapp%2F"
    page = owner.get(where)
    assert page.status_code == 200
    text = page.content.decode()
    assert "no password and no second step" in text
    assert "manage.py login_link" in text
    assert f'value="/login/?next={APP.replace("/", "%2F")}"' in text


def test_the_button_logs_out_and_leads_back(owner: Client, late: Any) -> None:
    late()
    response = owner.post("/logout/", {"next": f"/login/?next={APP}"})
    assert response["Location"] == f"/login/?next={APP}"


def test_later_a_password_is_asked_for(here: Client, late: Any) -> None:
    late()
    assert here.get(APP)["Location"].startswith("/login/again/?next=")
    wrong = here.post("/login/again/", {"password": "wrong", "next": APP})
    assert wrong.status_code == 422
    right = here.post("/login/again/", {"password": "pw", "next": APP})
    assert right["Location"] == APP


def test_a_factor_offers_itself(here: Client, late: Any) -> None:
    secret = set_up_app(here)
    add_passkey(here)
    late()
    page = here.get("/login/again/").content.decode()
    assert "Use a code" in page
    assert "Use a passkey" in page
    confirmed = here.post("/login/again/code/", {"code": code_of(secret), "next": INDEX})
    assert confirmed["Location"] == INDEX


def test_wrong_codes_wait_there_too(here: Client) -> None:
    set_up_app(here)
    answers = [here.post("/login/again/code/", {"code": "000000"}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [422] * 5 + [429]
    assert "Wait" in answers[-1].content.decode()
