"""The link that logs the owner in: once, for a quarter of an hour, and never in a log."""

from __future__ import annotations

import io
import logging
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.models import LoginLink
from accounts.sign_in import local_owner, login_links
from config.logs import Redacted

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]


@pytest.fixture
def token() -> str:
    return local_owner.login_token(local_owner.get_or_create())


def opens(client: Client, token: str) -> bool:
    response = client.get(f"/login/link/{token}/")
    assert response.headers["Cache-Control"].count("no-store") == 1
    return response.status_code == 302


def test_it_opens_once(client: Client, token: str) -> None:
    assert opens(client, token)
    assert client.get("/runs/").status_code == 200
    assert not opens(Client(), token)


def test_it_lasts_a_quarter_of_an_hour(client: Client, token: str) -> None:
    assert timedelta(minutes=15) == login_links.LIFETIME
    LoginLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert not opens(client, token)


def test_a_new_one_replaces_the_one_before(client: Client, token: str) -> None:
    other = local_owner.login_token(local_owner.get_or_create())
    assert not opens(client, token)
    assert opens(client, other)


def test_head_uses_nothing_up(client: Client, token: str) -> None:
    assert client.head(f"/login/link/{token}/").status_code == 204
    assert not client.session.items()
    assert opens(client, token)


def test_it_ends_with_a_logout(client: Client, token: str) -> None:
    other = Client()
    other.force_login(local_owner.get_or_create())
    other.post("/logout/")
    assert not opens(client, token)


def test_it_ends_with_another_password(client: Client, token: str) -> None:
    user = local_owner.get_or_create()
    user.set_password("another")
    user.save()
    assert not opens(client, token)


def test_it_opens_nothing_for_who_may_not_log_in(client: Client, token: str) -> None:
    type(local_owner.get_or_create()).objects.update(is_active=False)
    assert not opens(client, token)


def test_the_database_does_not_hold_it(token: str) -> None:
    assert token not in str(LoginLink.objects.values().get())


def test_a_command_prints_another(client: Client, token: str) -> None:
    out = io.StringIO()
    call_command("login_link", stdout=out)
    assert client.get("/" + out.getvalue().split("/", 3)[3].strip()).status_code == 302


def log_of(client: Client, path: str, settings: Any) -> str:
    """What the server would log of all kinds of requests for a path."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Redacted(fmt=settings.LOGGING["formatters"]["line"]["format"]))
    root = logging.getLogger()
    root.addHandler(handler)
    client.raise_request_exception = False
    try:
        for method in ("head", "get", "post", "put", "delete", "options"):
            getattr(client, method)(path)
        logging.getLogger("django.server").error('"GET %s HTTP/1.1" 200 1', path)
        try:
            raise RuntimeError(path)
        except RuntimeError:
            logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
    finally:
        root.removeHandler(handler)
    return stream.getvalue()


@pytest.mark.parametrize(
    "before", ["/login/link/", "/changes/feed/", "/webhooks/fal/", "/live/?ticket="]
)
@pytest.mark.filterwarnings("ignore")
def test_no_line_of_a_log_holds_a_secret_of_an_address(
    client: Client, settings: Any, before: str
) -> None:
    text = log_of(client, f"{before}verysecret-1.2_3/", settings)
    assert "verysecret" not in text
    assert f"{before}[hidden]" in text
    assert "Exception in ASGI application" in text


def test_every_handler_of_the_server_writes_by_that_formatter(settings: Any) -> None:
    told = settings.LOGGING
    assert {one["formatter"] for one in told["handlers"].values()} == {"line"}
    assert told["formatters"]["line"]["()"] == "config.logs.Redacted"
    assert told["loggers"]["django"]["handlers"] == []
    assert told["loggers"]["django.server"]["handlers"] == []
