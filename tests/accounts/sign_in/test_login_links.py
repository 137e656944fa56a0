"""The link that logs the owner in: works once, within a quarter of an hour, and is in no log."""

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
from config.logs import RedactingFormatter

pytestmark = pytest.mark.django_db


@pytest.fixture
def token() -> str:
    return local_owner.login_token(local_owner.get_or_create())


def logs_in(client: Client, token: str) -> bool:
    response = client.post(f"/login/link/{token}/")
    assert response.headers["Cache-Control"].count("no-store") == 1
    return response.status_code == 302


def test_a_login_link_works_once(client, token):
    assert logs_in(client, token)
    assert client.get("/runs/").status_code == 200
    assert not logs_in(Client(), token)


def test_a_login_link_lasts_15_minutes(client, token):
    assert timedelta(minutes=15) == login_links.LIFETIME
    LoginLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert not logs_in(client, token)


def test_a_new_login_link_replaces_the_earlier_one(client, token):
    other = local_owner.login_token(local_owner.get_or_create())
    assert not logs_in(client, token)
    assert logs_in(client, other)


@pytest.mark.parametrize("method", ["get", "head"])
def test_what_opens_the_link_first_does_not_use_it_up(client, token, method):
    """A messenger's preview got the session, and the person got 403."""
    preview = Client(headers={"Sec-Purpose": "prefetch"})
    page = getattr(preview, method)(f"/login/link/{token}/")
    assert page.status_code == 200
    assert page.headers["Cache-Control"].count("no-store") == 1
    assert "_auth_user_id" not in preview.session
    assert "Log in as" in client.get(f"/login/link/{token}/").content.decode()
    assert logs_in(client, token)
    assert client.get(f"/login/link/{token}/").status_code == 403


def test_a_logout_ends_a_login_link(client, token):
    other = Client()
    other.force_login(local_owner.get_or_create())
    other.post("/logout/")
    assert not logs_in(client, token)


def test_a_new_password_ends_a_login_link(client, token):
    user = local_owner.get_or_create()
    user.set_password("another")
    user.save()
    assert not logs_in(client, token)


def test_a_login_link_of_an_inactive_user_is_refused(client, token):
    type(local_owner.get_or_create()).objects.update(is_active=False)
    assert not logs_in(client, token)


def test_the_database_does_not_contain_the_login_token(token):
    assert token not in str(LoginLink.objects.values().get())


def test_a_command_prints_a_new_login_link(client, token):
    out = io.StringIO()
    call_command("login_link", stdout=out)
    assert client.post("/" + out.getvalue().split("/", 3)[3].strip()).status_code == 302


def log_of(client: Client, path: str, settings: Any) -> str:
    """Return the log lines of all kinds of requests for a path."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(RedactingFormatter(fmt=settings.LOGGING["formatters"]["line"]["format"]))
    # If a test has started uvicorn in this process, its loggers have their own level and handlers,
    # or are disabled: a later configuration of logs disables loggers that it does not name.
    server = logging.getLogger("uvicorn.error")
    server.disabled = False
    server.setLevel(logging.ERROR)
    loggers = [logging.getLogger(), server]
    for logger in loggers:
        logger.addHandler(handler)
    client.raise_request_exception = False
    try:
        for method in ("head", "get", "post", "put", "delete", "options"):
            getattr(client, method)(path)
        logging.getLogger("django.server").error('"GET %s HTTP/1.1" 200 1', path)
        try:
            raise RuntimeError(path)
        except RuntimeError:
            server.exception("Exception in ASGI application")
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
    return stream.getvalue()


@pytest.mark.parametrize(
    "before",
    [
        *("/login/link/", "/webhooks/fal/", "/live/?ticket="),
        *("/login/reset/", "/login/email/", "/people/invitations/"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_logs_redact_secrets_in_addresses(client, settings, before):
    text = log_of(client, f"{before}verysecret-1.2_3/", settings)
    assert "verysecret" not in text
    assert f"{before}[hidden]" in text
    assert "Exception in ASGI application" in text


@pytest.mark.parametrize("path", ["/login/reset/sent/", "/people/invitations/7/revocation/"])
def test_logs_keep_addresses_without_a_secret(client, settings, path):
    assert path in log_of(client, path, settings)


def test_every_log_handler_uses_the_redacting_formatter(settings):
    logging_settings = settings.LOGGING
    assert {handler["formatter"] for handler in logging_settings["handlers"].values()} == {"line"}
    assert logging_settings["formatters"]["line"]["()"] == "config.logs.RedactingFormatter"
    assert logging_settings["loggers"]["django"]["handlers"] == []
    assert logging_settings["loggers"]["django.server"]["handlers"] == []
