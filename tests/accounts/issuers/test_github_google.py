"""GitHub, which has no ID tokens, and Google, which is an ordinary OpenID Connect issuer."""

import base64
import hashlib
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import User
from django.test import Client

from accounts.sign_in.issuers import from_settings
from accounts.sign_in.issuers.protocol import github, http
from config.starting import issuers
from tests.accounts.issuers.conftest import Configure
from tests.accounts.issuers.lying import CLIENT_ID, SECRET
from tests.accounts.issuers.visitor import Visitor, query_of

pytestmark = pytest.mark.django_db
TOKEN = "gho_token-of-the-tests"
MAIL = {"email": "ana@example.com", "primary": True, "verified": True}
OTHER_MAIL = {"email": "old@example.com", "primary": False, "verified": True}


class GitHub(ThreadingHTTPServer):
    """GitHub's three addresses on this machine, with the paths of an Enterprise server."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.challenge = ""
        self.answers: dict[str, Any] = {
            "/login/oauth/access_token": {"access_token": TOKEN, "token_type": "bearer"},
            "/api/v3/user": {"id": 583231, "login": "Ana-Lima", "name": "Ana Lima"},
            "/api/v3/user/emails": [OTHER_MAIL, MAIL],
        }


class _Handler(BaseHTTPRequestHandler):
    server: GitHub

    def do_GET(self) -> None:
        is_known = self.headers.get("Authorization") == f"Bearer {TOKEN}"
        self._answer(200 if is_known else 401)

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        verifier = hashlib.sha256(form["code_verifier"][0].encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).rstrip(b"=").decode()
        assert self.headers["Accept"] == "application/json"
        is_right = (form["client_id"], form["client_secret"]) == ([CLIENT_ID], [SECRET])
        self._answer(200 if is_right and challenge == self.server.challenge else 400)

    def _answer(self, status: int) -> None:
        body = json.dumps(self.server.answers[self.path]).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Write nothing."""


@pytest.fixture
def hub(configure: Configure) -> Iterator[GitHub]:
    """Vitrine with a GitHub on this machine."""
    server = GitHub()
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    configure(
        GITHUB_URL=server.url,
        GITHUB_CLIENT_ID=CLIENT_ID,
        GITHUB_CLIENT_SECRET=SECRET,
        SIGN_UP_DOMAINS="example.com",
    )
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def log_in(visitor: Visitor, hub: GitHub) -> Any:
    """Log in at GitHub without its pages."""
    address = visitor.begin("github")
    assert address.startswith(f"{hub.url}/login/oauth/authorize?")
    query = query_of(address)
    assert query["scope"] == "user:email"
    hub.challenge = query["code_challenge"]
    return visitor.come_back("github", code="c", state=query["state"], iss="https://github.com/x")


def test_github_makes_an_account_by_its_number(hub, visitor):
    assert log_in(visitor, hub).status_code == 200
    person = User.objects.get()
    assert (person.username, person.email) == ("ana-lima", "ana@example.com")
    account = SocialAccount.objects.get()
    assert (account.provider, account.uid) == (hub.url, "583231")
    # A renamed account is the same; another account with its former name is a different one.
    hub.answers["/api/v3/user"] = {"id": 583231, "login": "renamed"}
    again = Visitor(Client())
    log_in(again, hub)
    assert again.user_id == person.pk
    hub.answers["/api/v3/user"] = {"id": 1, "login": "Ana-Lima"}
    other = Visitor(Client())
    assert log_in(other, hub).status_code == 409


@pytest.mark.parametrize(
    ("path", "answer", "status", "sentence"),
    [
        ("/api/v3/user/emails", [], 403, "GitHub sent no e-mail address"),
        ("/api/v3/user/emails", {"message": "Not Found"}, 403, "sent no e-mail address"),
        ("/api/v3/user/emails", [OTHER_MAIL], 403, "sent no e-mail address"),
        (
            "/api/v3/user/emails",
            [{**MAIL, "verified": False}],
            403,
            "GitHub has not confirmed your e-mail address",
        ),
        ("/api/v3/user", {"login": "ana"}, 502, "GitHub cannot be trusted now"),
        ("/api/v3/user", {"id": True, "login": "ana"}, 502, "cannot be trusted"),
        ("/api/v3/user", ["x"], 502, "cannot be trusted"),
        (
            "/login/oauth/access_token",
            {"error": "bad_verification_code"},
            502,
            "GitHub did not complete the login",
        ),
        ("/login/oauth/access_token", {"access_token": "x\ny"}, 502, "did not complete"),
        ("/login/oauth/access_token", {"access_token": "other"}, 502, "GitHub has a problem"),
    ],
)
def test_github_that_says_too_little(hub, visitor, path, answer, status, sentence):
    hub.answers[path] = answer
    page = log_in(visitor, hub)
    assert page.status_code == status
    assert sentence in page.content.decode()
    assert not User.objects.exists()


def test_public_github_has_an_api_of_its_own(configure, monkeypatch):
    configure(GITHUB_CLIENT_ID=CLIENT_ID, GITHUB_CLIENT_SECRET=SECRET)
    (app,) = from_settings.apps()
    assert app.provider_id == "https://github.com"
    assert github.authorize_url(app) == "https://github.com/login/oauth/authorize"
    requests = []
    monkeypatch.setattr(http, "post_form", lambda url, form: {"access_token": "t"})

    def get_json(url: str, bearer: str) -> Any:
        requests.append(url)
        return [MAIL] if url.endswith("emails") else {"id": 7}

    monkeypatch.setattr(http, "get_json", get_json)
    assert github.redeem(app, "c", "v", "https://x/").subject == "7"
    assert requests == ["https://api.github.com/user", "https://api.github.com/user/emails"]


def test_google_is_verified_like_any_issuer(liar, configure, visitor, monkeypatch):
    monkeypatch.setattr(issuers, "GOOGLE", liar.url)
    configure(
        GOOGLE_CLIENT_ID=CLIENT_ID, GOOGLE_CLIENT_SECRET=SECRET, SIGN_UP_DOMAINS="example.com"
    )
    assert "Continue with Google" in visitor.client.get("/login/").content.decode()
    query = query_of(visitor.begin("google"))
    assert query["redirect_uri"] == "http://testserver/login/with/google/callback/"
    liar.nonce = query["nonce"]
    liar.claims["aud"] = "another"
    page = visitor.come_back("google", code="c", state=query["state"])
    assert "Google cannot be trusted now" in page.content.decode()
    del liar.claims["aud"]
    query = query_of(visitor.begin("google"))
    liar.nonce = query["nonce"]
    visitor.come_back("google", code="c", state=query["state"])
    assert SocialAccount.objects.get().user_id == visitor.user_id
