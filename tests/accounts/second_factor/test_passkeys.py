"""Passkeys: added, used alone and after the password, renamed, removed; forged ones are refused."""

import json
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.test import Client, RequestFactory
from fido2.webauthn import AuthenticatorData

from accounts.second_factor import origins
from tests.accounts.second_factor.journeys import (
    NEW_PASSKEY,
    PASSKEY_LOGIN,
    PASSKEYS,
    STEP,
    Passkey,
    add_passkey,
    ask_login,
    at_localhost,
    is_logged_in,
    kinds,
    log_in,
    options_of,
)

CONFIRM = "/login/again/passkey/"


def log_in_by(passkey: Passkey, client: Client, **posted: str) -> Any:
    credential = passkey.sign(ask_login(client))
    return client.post(PASSKEY_LOGIN, {"credential": credential} | posted)


def test_a_passkey_is_added_and_logs_in_alone(here, ana):
    passkey = add_passkey(here)
    assert kinds(ana) == {"webauthn", "recovery_codes"}
    there = at_localhost()
    assert log_in_by(passkey, there, next="/series/")["Location"] == "/series/"
    assert is_logged_in(there)


def test_a_passkey_is_the_second_step_after_the_password(here, ana):
    passkey = add_passkey(here)
    there = at_localhost()
    assert log_in(there, to="/series/")["Location"] == STEP
    page = there.get(STEP)
    response = there.post(STEP, {"credential": passkey.sign(options_of(page))})
    assert response["Location"] == "/series/"
    assert is_logged_in(there)


def test_another_key_is_refused_at_the_second_step(here, ana):
    true, forged = add_passkey(here), Passkey()
    forged.id, forged.user_handle = true.id, true.user_handle
    there = at_localhost()
    log_in(there)
    credential = forged.sign(options_of(there.get(STEP)))
    assert there.post(STEP, {"credential": credential}).status_code == 422
    assert not is_logged_in(there)


@pytest.mark.parametrize("credential", ["", "nonsense", "[]", '{"response": {}}'])
def test_a_malformed_answer_is_refused(here, ana, credential):
    add_passkey(here)
    there = at_localhost()
    ask_login(there)
    response = there.post(PASSKEY_LOGIN, {"credential": credential})
    assert response["Location"] == "/login/"
    log_in(there)
    options_of(there.get(STEP))
    assert there.post(STEP, {"credential": credential}).status_code == 422
    assert here.post(NEW_PASSKEY, {"name": "n", "credential": credential}).status_code == 422
    assert not is_logged_in(there)


def test_a_login_by_passkey_needs_a_pin_or_a_finger(here, ana):
    passkey = add_passkey(here)
    there = at_localhost()
    credential = passkey.sign(ask_login(there), flags=AuthenticatorData.FLAG.UP)
    assert there.post(PASSKEY_LOGIN, {"credential": credential})["Location"] == "/login/"
    assert not is_logged_in(there)


def test_an_answer_counts_once(here, ana):
    passkey = add_passkey(here)
    there = at_localhost()
    credential = passkey.sign(ask_login(there))
    there.post(PASSKEY_LOGIN, {"credential": credential})
    assert is_logged_in(there)
    other = at_localhost()
    ask_login(other)
    other.post(PASSKEY_LOGIN, {"credential": credential})
    assert not is_logged_in(other)


def test_a_passkey_of_another_host_is_refused(here, ana):
    passkey = add_passkey(here)
    passkey.host = "vitrine.evil"
    there = at_localhost()
    log_in_by(passkey, there)
    assert not is_logged_in(there)


def test_a_passkey_of_a_closed_account_logs_nobody_in(here, ana):
    passkey = add_passkey(here)
    User.objects.update(is_active=False)
    there = at_localhost()
    assert log_in_by(passkey, there)["Location"] == "/login/inactive/"
    assert not is_logged_in(there)


def test_nobody_reaches_anothers_passkey(here, ana):
    add_passkey(here)
    pk = Authenticator.objects.get(type="webauthn").pk
    User.objects.create_user("sam", password="pw")
    sam = at_localhost()
    log_in(sam, "sam")
    for part in ("", "removal/"):
        assert sam.get(f"{PASSKEYS}{pk}/{part}").status_code == 404
        assert sam.post(f"{PASSKEYS}{pk}/{part}", {"name": "mine"}).status_code == 404
    assert kinds(ana) == {"webauthn", "recovery_codes"}


def test_a_passkey_confirms_who_it_is(here, ana):
    passkey = add_passkey(here)
    page = here.get(f"{CONFIRM}?next={PASSKEYS}")
    forged = Passkey()
    refused = here.post(CONFIRM, {"credential": forged.sign(options_of(page)), "next": PASSKEYS})
    assert refused.status_code == 422
    credential = passkey.sign(options_of(here.get(CONFIRM)))
    response = here.post(CONFIRM, {"credential": credential, "next": PASSKEYS})
    assert response["Location"] == PASSKEYS


def test_a_script_that_asks_for_a_login_gets_no_names(client, ana):
    request = ask_login(at_localhost())
    assert not request.get("allowCredentials")
    assert "ana" not in json.dumps(request)


@pytest.mark.parametrize(
    ("host", "public_url", "bound_to"),
    [
        ("localhost", "https://vitrine.example", "localhost"),
        ("a.vitrine.example", "https://vitrine.example", "vitrine.example"),
        ("evilvitrine.example", "https://vitrine.example", "evilvitrine.example"),
    ],
)
def test_passkeys_are_bound_to_a_host(host, public_url, bound_to):
    assert origins.relying_party_id(host, public_url) == bound_to


@pytest.mark.parametrize(
    ("host", "scheme", "sentence"),
    [
        ("a.localhost", "http", ""),
        ("vitrine.example", "https", ""),
        ("vitrine.example", "http", "Passkeys need HTTPS"),
        ("127.0.0.1:8000", "http", "open http://localhost:8000"),
        ("192.0.2.1", "https", "not the number 192.0.2.1"),
    ],
)
def test_obstacles_are_said(host, scheme, sentence, settings):
    settings.ALLOWED_HOSTS = ["*"]
    secure: Any = {"secure": scheme == "https"}
    request = RequestFactory().get("/", headers={"host": host}, **secure)
    text = origins.obstacle(request)
    assert text.startswith("Passkeys need") == bool(sentence)
    assert sentence in text
