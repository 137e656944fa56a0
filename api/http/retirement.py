"""Says in the headers of answers that their model is retired, and which one takes over.

`Deprecation` is that of RFC 9745, `Sunset` that of RFC 8594: the time since which the model cannot
be run. The deputy is a link to the `successor-version` (RFC 5829), whose title is its id.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.http import http_date

from accounts.audit import acting
from catalog.models import Endpoint


def note(endpoint: Endpoint) -> Endpoint:
    """Note that the answer to the present request is about this model; returns the model."""
    request = acting.request()
    if request is not None and endpoint.retirement:
        request.retired_model = endpoint  # type: ignore[attr-defined]
    return endpoint


def announce(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware: adds the headers to the answer about a retired model."""

    def respond(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        endpoint: Endpoint | None = getattr(request, "retired_model", None)
        if endpoint is not None:
            for name, value in _headers(endpoint).items():
                response.headers.setdefault(name, value)
        return response

    return respond


def _headers(endpoint: Endpoint) -> dict[str, str]:
    since = endpoint.retired_at.timestamp()
    headers = {"Deprecation": f"@{since:.0f}"}
    if endpoint.refusal_everywhere:
        headers["Sunset"] = http_date(since)
    if deputy := endpoint.deputy:
        name = deputy.endpoint_id
        headers["Link"] = f'</api/v1/models/{name}>; rel="successor-version"; title="{name}"'
    return headers
