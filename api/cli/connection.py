"""Connects a command to the Vitrine at VITRINE_URL, or to this machine's.

For this machine the application runs in this process: it needs the database, but no server.
"""

from __future__ import annotations

import os
import sys
from typing import Any
from urllib.parse import urlsplit

import httpx

from api.cli.client import TIMEOUT, Client
from api.cli.errors import CommandFailed, Exit


def connect() -> Client:
    """Return a client; raises CommandFailed if the settings do not suffice."""
    url = os.environ.get("VITRINE_URL", "").rstrip("/")
    return _remote(url) if url else _local()


def _remote(url: str) -> Client:
    token = os.environ.get("VITRINE_TOKEN", "")
    if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
        raise CommandFailed(f"VITRINE_URL must be an address with https://, not {url!r}.")
    if not token:
        message = (
            f"Set VITRINE_TOKEN to a token of {url}: create one at {url}/account/tokens/ "
            "or by `manage.py token`."
        )
        raise CommandFailed(message, Exit.REFUSED)
    if not (token.isascii() and token.isprintable()):
        raise CommandFailed("VITRINE_TOKEN is not a token: copy the whole token.", Exit.REFUSED)
    headers = {"Authorization": f"Bearer {token}"}
    try:
        return Client(httpx.Client(base_url=url, headers=headers, timeout=TIMEOUT))
    except OSError as error:  # also ssl.SSLError
        reason = error.strerror or error
        message = f"The certificates in SSL_CERT_FILE or SSL_CERT_DIR cannot be read: {reason}."
        raise CommandFailed(message) from error


def _local() -> Client:
    """Return a client of the application in this process, as the owner or VITRINE_USER."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.db import DatabaseError

    try:
        return _in_process()
    except (ImproperlyConfigured, DatabaseError) as error:
        reason = str(error).strip().partition("\n")[0]
        message = f"Start Vitrine once with `vitrine up`, or set VITRINE_URL ({reason})."
        raise CommandFailed(message, Exit.UNREACHABLE) from error


def _in_process() -> Client:
    import logging

    import django

    django.setup()
    logging.getLogger("django.request").setLevel(logging.CRITICAL)  # the command prints errors
    from django.conf import settings

    from api import tokens
    from api.http.authentication import LOCAL
    from api.models import Token
    from core.http.posted_forms import get_wsgi_application

    token = Token(user=_person(), name="command line", scopes=" ".join(tokens.SCOPES))
    application = get_wsgi_application()

    def authenticated(environ: dict[str, Any], start_response: Any) -> Any:
        return application({**environ, LOCAL: token}, start_response)

    # Django logs an exception and answers 500; without this the transport would raise it again.
    transport = httpx.WSGITransport(app=authenticated, raise_app_exceptions=False)
    base = settings.PUBLIC_URL or f"http://localhost:{settings.PORT}"
    headers = {"X-Forwarded-Proto": urlsplit(base).scheme}
    mounts = {"all://": httpx.HTTPTransport(), base: transport}
    http = httpx.Client(base_url=base, headers=headers, timeout=TIMEOUT, mounts=mounts)
    return Client(http, can_hold=False)


def _person() -> Any:
    from django.contrib.auth.models import User

    from accounts.sign_in import local_owner

    name = os.environ.get("VITRINE_USER", "")
    if not name:
        return local_owner.get_or_create()
    person = User.objects.filter(username=name, is_active=True).first()
    if person is None:
        raise CommandFailed(f"VITRINE_USER: there is nobody named {name}.", Exit.REFUSED)
    return person


def is_terminal() -> bool:
    """Return whether stderr is a terminal, so that progress is worth printing."""
    return sys.stderr.isatty()
