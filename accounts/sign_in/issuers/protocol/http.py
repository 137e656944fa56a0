"""Requests to an issuer: at most five seconds and half a megabyte, no redirects, JSON answers."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from accounts.sign_in.issuers.protocol.failures import IssuerFailure, Reason

if TYPE_CHECKING:
    import httpx

TIMEOUT_S = 5.0
MAX_BYTES = 512 << 10


def get_json(url: str, bearer: str = "") -> Any:
    """Return the JSON at `url`; raises IssuerFailure."""
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    return _ask("GET", url, headers=headers)


def post_form(url: str, form: dict[str, str], auth: tuple[str, str] | None = None) -> Any:
    """Post a form, with `auth` as Basic; return the JSON answer. Raises IssuerFailure."""
    return _ask("POST", url, data=form, auth=auth)


def is_token(value: Any) -> bool:
    """Return whether a value can be sent as an access token."""
    return isinstance(value, str) and value.isascii() and value.isprintable() and value != ""


def _ask(method: str, url: str, **options: Any) -> Any:
    # Imported at the first sign-in by an issuer, as the web process sends no other requests.
    import httpx

    place = url.partition("?")[0]
    options["headers"] = {"Accept": "application/json", **options.get("headers", {})}
    try:
        with (
            httpx.Client(timeout=TIMEOUT_S) as client,
            client.stream(method, url, **options) as response,
        ):
            body = _read(response, place)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise IssuerFailure(Reason.UNREACHABLE, f"{place}: {type(error).__name__}") from error
    if not response.is_success:
        is_ours = response.is_client_error and method == "POST"
        reason = Reason.REJECTED if is_ours else Reason.BROKEN
        raise IssuerFailure(reason, f"{place}: status {response.status_code}")
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise IssuerFailure(Reason.BROKEN, f"{place}: no JSON") from error


def _read(response: httpx.Response, place: str) -> bytes:
    """Return the body; limits the total time, even if the body arrives in small parts."""
    until = time.monotonic() + TIMEOUT_S
    body = b""
    for part in response.iter_bytes():
        body += part
        if len(body) > MAX_BYTES:
            raise IssuerFailure(Reason.BROKEN, f"{place}: more than {MAX_BYTES} bytes")
        if time.monotonic() > until:
            raise IssuerFailure(Reason.UNREACHABLE, f"{place}: not complete after {TIMEOUT_S} s")
    return body
