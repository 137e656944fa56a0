"""A secret in a response is found wherever it is, and each place that shows one needs to."""

import gzip
import io
import zipfile
from collections.abc import Iterable
from typing import Any
from unittest.mock import AsyncMock

import anyio
import brotli
import httpx
import pytest
from django.http import HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory

from accounts.sessions.store import SessionStore
from api import tokens
from tests.accounts.issuers.conftest import configure, mock, mock_url, quiet_authlib
from tests.accounts.issuers.visitor import Visitor
from tests.house.made import invite, make_admin
from tests.leaks import responses, secrets
from tests.leaks.responses import SHOWN

__all__ = ["configure", "mock", "mock_url", "quiet_authlib"]

SECRET = "a-planted-secret"
TEXT = f"<p>{SECRET}</p>".encode()


@pytest.fixture(autouse=True)
def planted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "_configured", {SECRET.encode(): "key"})


def zip_secret() -> bytes:
    """Return an archive with the secret in a compressed file."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("runs.json", TEXT * 9)
    return written.getvalue()


def pieces(whole: bytes, size: int) -> Iterable[bytes]:
    """Return the bytes in pieces, which cut the secret in two."""
    return (whole[start : start + size] for start in range(0, len(whole), size))


def with_header(name: str, value: str) -> HttpResponse:
    return HttpResponse("nothing", headers={name: value})


def with_cookie(name: str) -> HttpResponse:
    response = HttpResponse("nothing")
    response.set_cookie(name, SECRET)
    return response


def respond(rf: RequestFactory, response: Any) -> Any:
    """Return what leaves the server if a view answers with this response."""
    return responses.watch_responses(lambda _: response)(rf.get("/page/"))


@pytest.mark.parametrize(
    "response",
    [
        pytest.param(lambda: HttpResponse(TEXT), id="body"),
        pytest.param(lambda: with_header("Location", f"/?key={SECRET}"), id="header"),
        pytest.param(lambda: with_cookie("vitrine_theme"), id="cookie"),
        pytest.param(lambda: StreamingHttpResponse(pieces(TEXT, 5)), id="stream cut in the secret"),
        pytest.param(
            lambda: HttpResponse(gzip.compress(TEXT), headers={"Content-Encoding": "gzip"}),
            id="gzip",
        ),
        pytest.param(
            lambda: StreamingHttpResponse(
                pieces(brotli.compress(TEXT), 4), headers={"Content-Encoding": "br"}
            ),
            id="brotli in pieces",
        ),
        pytest.param(
            lambda: StreamingHttpResponse(pieces(zip_secret(), 9), content_type="application/zip"),
            id="file of an archive",
        ),
    ],
)
def test_a_secret_in_a_response_is_found(rf, response, leaks):
    b"".join(respond(rf, response()))
    assert leaks
    assert all(leak.startswith("key in ") and "GET /page/" in leak for leak in leaks)
    leaks.clear()


def test_a_response_without_the_secret_and_the_session_s_own_cookie_are_no_leak(rf, settings):
    for answer in (HttpResponse(TEXT[:-8]), with_cookie(settings.SESSION_COOKIE_NAME)):
        respond(rf, answer)


def test_what_an_asgi_application_sends_is_looked_at(leaks):
    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.send", "text": f'{{"key": "{SECRET}"}}'})
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for piece in pieces(TEXT, 4):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def ask() -> None:
        transport = httpx.ASGITransport(application)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            await client.get("/live/")
        watched = responses.watched_application(application)
        await watched({"type": "websocket", "path": "/live/"}, AsyncMock(), AsyncMock())

    anyio.run(ask)
    assert [*dict.fromkeys(leaks)] == [
        "key in the body of what answers GET /live/",
        "key in what answers socket /live/",
    ]
    leaks.clear()


@pytest.mark.django_db
def test_tokens_sessions_and_configured_keys_are_watched(user, settings, leaks, rf):
    settings.FAL_ADMIN_KEY = "id:a-setting-of-this-test"
    session = SessionStore()
    session.create()
    secrets_shown = [tokens.create(user, "one")[1], session.secret, settings.FAL_ADMIN_KEY]
    for text in secrets_shown:
        respond(rf, HttpResponse(text))
    kinds = [leak.partition(" in ")[0] for leak in leaks]
    assert kinds == ["API token", "session", "FAL_ADMIN_KEY"]
    leaks.clear()


# --- the places that show a secret on purpose -----------------------------------------------------
def test_a_link_s_page_may_show_its_own_address_alone(client, db, leaks):
    boss = make_admin("boss")
    (_, own), (_, other) = invite(boss), invite(boss)
    assert own in client.get(f"/people/invitations/{own}/").content.decode()
    assert leaks == []
    assert responses.shown_to("GET", "/people/invitations/") == set()
    assert responses.shown_to("GET", f"/?next={other}") == {"invitation"}


def make_token(visitor: Visitor, mock: Any) -> None:
    visitor.client.force_login(make_admin("eva"))
    visitor.client.post("/account/tokens/", {"name": "one", "scope": "read"})


def make_invitation(visitor: Visitor, mock: Any) -> None:
    visitor.client.force_login(make_admin("eva"))
    visitor.client.post("/people/invitations/", {"role": "member", "days": "7", "max_uses": "1"})


def come_back_from_issuer(visitor: Visitor, mock: Any) -> None:
    mock("zoe", email="zoe@example.com", email_verified=True)
    Visitor(Client()).log_in("oidc", "zoe")
    address = f"/people/invitations/{invite(make_admin('eva'))[1]}/"
    visitor.client.get(address)
    visitor.log_in("oidc", "zoe", next=address)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("shown", "journey"),
    [*zip(SHOWN, [make_token, make_invitation, come_back_from_issuer], strict=True)],
)
def test_each_place_that_may_show_a_secret_does(shown, journey, client, mock, monkeypatch, leaks):
    monkeypatch.setattr(responses, "SHOWN", [place for place in SHOWN if place is not shown])
    journey(Visitor(client), mock)
    assert leaks
    assert all(leak.startswith(f"{shown.kind} in ") for leak in leaks), leaks
    leaks.clear()
