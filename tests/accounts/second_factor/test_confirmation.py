"""Confirming one's login again, also for people without a password or a factor."""

import time
from typing import Any

import pytest
from django.test import Client

from accounts.sign_in import local_owner
from tests.accounts.second_factor.journeys import (
    APP,
    INDEX,
    add_passkey,
    code_of,
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


def test_the_owner_is_confirmed_by_the_link_and_later_told_how_to_log_in_again(
    owner: Client, late: Any
) -> None:
    assert owner.get(APP).status_code == 200
    late()
    where = owner.get(APP)["Location"]
    assert where == f"{AGAIN}?next=%2Faccount%2Fsecond-factor%2Fapp%2F"
    assert "manage.py login_link" in owner.get(where).content.decode()


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
    assert "Use a passkey" in page
    confirmed = here.post("/login/again/code/", {"code": code_of(secret), "next": INDEX})
    assert confirmed["Location"] == INDEX


def test_wrong_codes_wait_there_too(here: Client) -> None:
    set_up_app(here)
    answers = [here.post("/login/again/code/", {"code": "000000"}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [422] * 5 + [429]
    assert "Wait" in answers[-1].content.decode()
