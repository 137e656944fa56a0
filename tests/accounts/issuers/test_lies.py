"""An issuer that is down, lies or answers nonsense: the page says so, and nobody is logged in."""

import logging
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import User

from accounts.sign_in.issuers.protocol import http
from tests.accounts.issuers.lying import CONFIGURATION, SECRET, LyingIssuer, private_key
from tests.accounts.issuers.visitor import Visitor, query_of

pytestmark = pytest.mark.django_db
Lie = Callable[[LyingIssuer], None]


def claims(**changes: Any) -> Lie:
    """Lie in the ID token."""
    return lambda issuer: issuer.claims.update(changes)


def answers(path: str, status: int, body: bytes = b"{}") -> Lie:
    """Give this answer at a path."""
    return lambda issuer: issuer.answers.update({path: (status, body)})


def attributes(**changes: Any) -> Lie:
    """Change how the issuer signs, stalls or describes itself."""

    def lie(issuer: LyingIssuer) -> None:
        for name, value in changes.items():
            setattr(issuer, name, value)

    return lie


def come_back(visitor: Visitor, liar: LyingIssuer) -> Any:
    """Log in at the issuer without its pages, and return with a code."""
    query = query_of(visitor.begin("oidc"))
    liar.nonce = liar.nonce or query["nonce"]
    return visitor.come_back("oidc", code="a-code-of-the-tests", state=query["state"])


def require_nobody(visitor: Visitor, caplog: pytest.LogCaptureFixture, page: Any) -> str:
    """Assert that nobody is logged in and nothing was made; return the page's text."""
    text: str = page.content.decode()
    assert visitor.user_id is None
    assert not User.objects.exists()
    assert not SocialAccount.objects.exists()
    assert "Start again with Acme" in text
    # JSON Web Tokens begin like this; a form's random token may contain shorter beginnings.
    for secret in (SECRET, "a-code-of-the-tests", "access-token-of-the-tests", "eyJhbGci"):
        assert secret not in text
        assert secret not in caplog.text
    assert "Traceback" not in caplog.text
    assert "sign-in by http://127.0.0.1" in caplog.text
    return text


def test_truth_logs_in(liar, visitor):
    """The honest login from which the lies differ; PKCE proves that the same browser began it."""
    query = query_of(visitor.begin("oidc"))
    liar.nonce = query["nonce"]
    page = visitor.come_back("oidc", code="c", state=query["state"], iss=liar.url)
    assert page.status_code == 200
    assert visitor.user_id == User.objects.get(username="ana.lima").pk
    assert query["code_challenge_method"] == "S256"
    assert liar.is_proven(query["code_challenge"])
    assert liar.posts[0]["redirect_uri"] == query["redirect_uri"]


UNTRUSTED = "Acme cannot be trusted now"
LIES: dict[str, Lie] = {
    "another issuer's token": claims(iss="https://accounts.example.com"),
    "a token for another client": claims(aud="another"),
    "a token for several clients": claims(aud=["vitrine", "another"]),
    "a token that another client got": claims(azp="another"),
    "an expired token": claims(exp=int(time.time()) - 3600),
    "a token of tomorrow": claims(iat=int(time.time()) + 86400, nbf=int(time.time()) + 86400),
    "a token without an end": claims(exp=None),
    "a token of another login": claims(nonce="another"),
    "a token without a nonce": claims(nonce=None),
    "a nonce that is no text": claims(nonce=["x"]),
    "no subject": claims(sub=None),
    "an empty subject": claims(sub=" "),
    "a subject with a NUL": claims(sub="a\x00b"),
    "a key that is not the issuer's": attributes(key=private_key("another")),
    "a key that is not listed": attributes(header={"kid": "another"}),
    "no signature": attributes(key=None, algorithm="none"),
    "signed with the client's secret": attributes(key=SECRET * 2, algorithm="HS256"),
    "no ID token": answers("/token", 200, b'{"access_token": "x"}'),
    "an ID token that is none": answers("/token", 200, b'{"id_token": "a.b.c"}'),
    "an ID token that is no text": answers("/token", 200, b'{"id_token": 7}'),
    "keys that are none": answers("/jwks", 200, b'{"keys": [7, {}, {"kid": "own"}]}'),
    "no keys": answers("/jwks", 200, b"[]"),
    "another's configuration": attributes(configuration={"issuer": "https://example.com"}),
}


def test_userinfo_of_another_person_is_not_taken(liar, visitor, caplog):
    liar.claims["email"] = None
    liar.userinfo = {"sub": "somebody else", "email": "boss@example.com", "email_verified": True}
    page = come_back(visitor, liar)
    assert UNTRUSTED in require_nobody(visitor, caplog, page)


def test_userinfo_adds_what_the_token_leaves_out(liar, visitor):
    liar.claims.update(email=None, email_verified=None)
    liar.userinfo |= {"email": "ana@example.com", "email_verified": True, "name": "Somebody Else"}
    come_back(visitor, liar)
    person = User.objects.get()
    assert (person.email, person.first_name) == ("ana@example.com", "Ana")


BROKEN = "Acme has a problem"
DOWN = "Acme does not answer"
FAULTS: dict[str, tuple[Lie, str]] = {
    **{name: (lie, UNTRUSTED) for name, lie in LIES.items()},
    "configuration fails": (answers(CONFIGURATION, 500), BROKEN),
    "configuration is a page": (answers(CONFIGURATION, 200, b"<html>"), BROKEN),
    "configuration is deep": (answers(CONFIGURATION, 200, b"[" * 200_000), BROKEN),
    "configuration is huge": (answers(CONFIGURATION, 200, b'"' + b"x" * 600_000 + b'"'), BROKEN),
    "configuration leads on": (answers(CONFIGURATION, 302), BROKEN),
    "endpoint missing": (attributes(configuration={"token_endpoint": None}), BROKEN),
    "endpoint is a script": (
        attributes(configuration={"authorization_endpoint": "javascript:alert(1)"}),
        BROKEN,
    ),
    "endpoint is down": (
        attributes(configuration={"token_endpoint": "http://127.0.0.1:9/token"}),
        DOWN,
    ),
    "code not taken": (
        answers("/token", 400, b'{"error": "invalid_grant"}'),
        "Acme did not complete the login",
    ),
    "tokens fail": (answers("/token", 500), BROKEN),
    "tokens are a list": (answers("/token", 200, b"[]"), BROKEN),
    "keys fail": (answers("/jwks", 503), BROKEN),
    "tokens stall": (attributes(stalls="/token"), DOWN),
    "tokens drip": (attributes(drips="/token"), DOWN),
}


@pytest.mark.parametrize("name", FAULTS)
def test_issuer_that_lies_or_is_broken_logs_nobody_in(liar, visitor, caplog, monkeypatch, name):
    monkeypatch.setattr(http, "TIMEOUT_S", 0.5)
    caplog.set_level(logging.INFO)
    begun = query_of(visitor.begin("oidc"))
    liar.nonce = begun["nonce"]
    lie, sentence = FAULTS[name]
    lie(liar)
    page = visitor.come_back("oidc", code="a-code-of-the-tests", state=begun["state"])
    assert page.status_code == 502
    assert sentence in require_nobody(visitor, caplog, page)


def test_issuer_that_is_down_when_one_sets_out(liar, visitor, caplog):
    liar.answers[CONFIGURATION] = (500, b"")
    page = visitor.client.post("/login/with/oidc/")
    assert page.status_code == 502
    assert BROKEN in require_nobody(visitor, caplog, page)


@pytest.mark.parametrize("query", [{}, {"state": "invented"}, {"state": "\x00"}])
def test_login_that_did_not_begin_here_is_over(liar, visitor, caplog, query):
    visitor.begin("oidc")
    page = visitor.come_back("oidc", code="a-code-of-the-tests", **query)
    assert page.status_code == 400
    assert "This login is over" in require_nobody(visitor, caplog, page)
    assert liar.posts == []


def test_state_is_good_once(liar, visitor):
    query = query_of(visitor.begin("oidc"))
    liar.nonce = query["nonce"]
    assert visitor.come_back("oidc", code="c", state=query["state"]).status_code == 200
    assert visitor.come_back("oidc", code="c", state=query["state"]).status_code == 400


@pytest.mark.parametrize(
    ("sent", "status", "title"),
    [
        ({"error": "access_denied"}, 403, "You did not log in"),
        ({"error": "login_required"}, 403, "You are not logged in at Acme"),
        ({"error": "server_error", "error_description": "<b>x</b>"}, 502, BROKEN),
        ({"error": "../\n"}, 502, BROKEN),
        ({}, 502, BROKEN),
        ({"code": "a-code-of-the-tests", "iss": "https://example.com"}, 502, UNTRUSTED),
    ],
)
def test_issuer_that_sends_back_an_error(liar, visitor, caplog, sent, status, title):
    query = query_of(visitor.begin("oidc"))
    page = visitor.come_back("oidc", state=query["state"], **sent)
    assert page.status_code == status
    text = require_nobody(visitor, caplog, page)
    assert title in text
    assert "<b>x</b>" not in text


@pytest.mark.parametrize(
    "odd",
    [
        {"name": 7, "preferred_username": ["x"], "given_name": {}},
        {"name": "N\x00ul \ud800" * 500, "preferred_username": "\x00\x00"},
        {"preferred_username": "x" * 5000},
        {"sub": "s" * 255},
    ],
)
def test_odd_claims_make_an_account_all_the_same(liar, visitor, odd):
    liar.claims.update(odd)
    liar.userinfo["sub"] = odd.get("sub", liar.userinfo["sub"])
    assert come_back(visitor, liar).status_code == 200
    assert visitor.user_id == User.objects.get().pk


def test_rotated_key_is_found(liar, visitor):
    """Each login fetches the keys, so an old key is never trusted and a new one never missed."""
    fresh = jwt.algorithms.RSAAlgorithm.to_jwk(private_key("new").public_key())
    liar.answers["/jwks"] = (200, b'{"keys": [' + fresh.encode() + b"]}")
    liar.key, liar.header = private_key("new"), {}
    assert come_back(visitor, liar).status_code == 200
    assert visitor.user_id


def test_issuer_with_a_query_in_its_address(liar, visitor):
    liar.configuration["authorization_endpoint"] = f"{liar.url}/authorize?policy=a%20b"
    query = query_of(visitor.begin("oidc"))
    assert query["policy"] == "a b"
    assert query["client_id"] == "vitrine"


def test_query_cannot_ask_the_issuer_for_more(liar, visitor):
    page = visitor.client.post("/login/with/oidc/?scope=admin&auth_params=prompt%3Dnone&process=x")
    text = page.content.decode()
    assert "admin" not in text.partition("refresh")[2].partition(">")[0]
    assert "prompt" not in text
