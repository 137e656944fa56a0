"""The checks of `doctor` that contact other hosts: does this deployment reach them, and they it?

None pays or sends mail.
"""

from __future__ import annotations

import asyncio
import smtplib
from collections.abc import Iterator
from datetime import timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx
from django.conf import settings
from django.core import checks
from django.core import mail as django_mail
from django.core.checks import CheckMessage
from django.utils import timezone

import fal
from catalog import upstream as catalog_upstream
from catalog.models import Endpoint
from core.formatting import duration
from house.operations.findings import Check

WAIT_S = 10
PROXYS_CLOCK_MAY_DIFFER = timedelta(seconds=10)


def upstream() -> Iterator[CheckMessage]:
    if settings.UPSTREAM == "sandbox" and not settings.FAL_KEY:
        yield checks.Warning(
            "Runs go to the bundled sandbox, not to fal.",
            "Set UPSTREAM=fal for all processes, and FAL_KEY for worker and realtime.",
            obj="key",
        )
        return
    if not settings.FAL_KEY:
        yield checks.Warning(
            "FAL_KEY is not set here, so it could not be tested.",
            "Give doctor the worker's environment: “env $(cat key.env) ./start manage.py doctor”.",
            obj="key",
        )
        return
    # Queried here: in the event loop a thread would do it and leave its connection open.
    model = Endpoint.objects.values_list("endpoint_id", flat=True).first()
    try:
        error = asyncio.run(_key_error(model or "fal-ai/flux/dev"))
    except Exception as failure:  # anything between here and fal
        yield checks.Error(
            f"fal could not be reached at {settings.FAL_API_URL} ({failure}).",
            "Let this machine reach it; if it needs a proxy, set HTTPS_PROXY.",
            obj="key",
        )
        return
    if isinstance(error, fal.AuthFailed):
        yield checks.Error(
            f"fal refuses FAL_KEY: {error}", "Copy the whole key: key_id:key_secret.", obj="key"
        )
    elif error is not None:
        yield checks.Warning(
            f"fal gave no answer about the key: {error}", "Try again in a while.", obj="key"
        )
    else:
        yield checks.Info("fal knows FAL_KEY; nothing was paid.", obj="key")


async def _key_error(model: str) -> fal.FalError | None:
    """Request a model's price, the one free call that needs a key (protocol, 3.5)."""
    async with catalog_upstream.clients() as clients:
        try:
            await clients.platform.pricing([model])
        except fal.FalError as error:
            return error
    return None


def mail() -> Iterator[CheckMessage]:
    if not settings.EMAIL_URL:
        yield checks.Warning(
            "EMAIL_URL is not set: no mail is sent, and people who forget their password must "
            "ask an admin.",
            "Set it to a mail server; .env.example has the form.",
            obj="mail",
        )
        return
    if not settings.MAIL_FROM:
        yield checks.Error(
            "MAIL_FROM is not set, so mail comes from an address that many servers refuse.",
            "Set it: “Vitrine <vitrine@example.com>”.",
            obj="mail",
        )
    try:
        server = django_mail.get_connection()
        server.open()
        server.close()
    except (OSError, smtplib.SMTPException) as error:
        yield checks.Error(f"The mail server refused: {error}.", "Correct EMAIL_URL.", obj="mail")
    else:
        yield checks.Info("The mail server answers; nothing was sent.", obj="mail")


def realtime() -> Iterator[CheckMessage]:
    """Request both addresses of the realtime process, as the web process and browsers do."""
    path = urlsplit(settings.REALTIME_URL)
    addresses = {
        "GATEWAY_URL": settings.GATEWAY_URL,
        "REALTIME_URL": path._replace(scheme=path.scheme.replace("ws", "http")).geturl(),
    }
    for name, address in addresses.items():
        if not address:
            continue
        try:
            body = httpx.get(f"{address.rstrip('/')}/livez", timeout=WAIT_S).text.strip()
            problem = "" if body == "realtime" else "something else answers there"
        except (httpx.HTTPError, OSError) as error:
            problem = str(error) or type(error).__name__
        if problem:
            yield checks.Error(
                f"{name} ({getattr(settings, name)}) leads to no realtime process: {problem}.",
                "Start “manage.py realtime”, or correct the address and what the proxy passes to "
                "it.",
                obj="realtime",
            )
        else:
            yield checks.Info(f"{name} leads to the realtime process.", obj="realtime")


def public_address() -> Iterator[CheckMessage]:
    """Request PUBLIC_URL's `/livez` as fal's webhooks come: through the proxy, over TLS."""
    if not settings.PUBLIC_URL:
        return
    try:
        response = httpx.get(f"{settings.PUBLIC_URL}/livez", timeout=WAIT_S)
    except (httpx.HTTPError, OSError) as error:
        yield checks.Error(
            f"{settings.PUBLIC_URL} does not answer from here ({error or type(error).__name__}).",
            "Check whether the proxy and a web process run, and whether its name leads here.",
            obj="address",
        )
        return
    if response.status_code != 200 or response.text.strip() != "alive":
        yield checks.Error(
            f"{settings.PUBLIC_URL}/livez answers {response.status_code}, and not as Vitrine does.",
            "Let the proxy pass this path to the web processes: “location = /livez”.",
            obj="address",
        )
        return
    yield checks.Info(
        f"{settings.PUBLIC_URL} leads to Vitrine; webhooks arrive the same way.", obj="address"
    )
    if urlsplit(settings.PUBLIC_URL).scheme == "https" and not _is_seen_as_secure(response):
        yield checks.Error(
            "The proxy does not say that requests came over https (X-Forwarded-Proto).",
            "Set it as OPERATING.md does for nginx and Caddy; otherwise logins are refused.",
            obj="proxy",
        )
    if date_header := response.headers.get("date"):
        apart = abs(timezone.now() - parsedate_to_datetime(date_header))
        if apart > PROXYS_CLOCK_MAY_DIFFER:
            yield checks.Error(
                f"The proxy's clock is {duration(apart)} off.", "Use NTP there.", obj="clock"
            )


def _is_seen_as_secure(response: httpx.Response) -> bool:
    return "strict-transport-security" in response.headers


ALL: tuple[Check, ...] = (upstream, mail, realtime, public_address)
