"""Pages for a sign-in by an issuer that failed or waits."""

from __future__ import annotations

import logging
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.sign_in.issuers.protocol.failures import IssuerFailure
from accounts.sign_in.issuers.providers import IssuerProvider
from core.http.caching import no_store
from core.http.client_addresses import client_address

log = logging.getLogger("accounts.sign_in")


def failed(request: HttpRequest, provider: IssuerProvider, failure: IssuerFailure) -> HttpResponse:
    """Show what happened and what to do, and log it without the issuer's own texts."""
    page = failure.reason.value
    visitor_address = client_address(request) or "-"
    log.warning("sign-in by %s from %s failed: %s", provider.sub_id, visitor_address, failure)
    context = {
        "provider": provider,
        "title": page.title.format(name=provider.name),
        "sentence": page.sentence.format(name=provider.name),
        "may_retry": page.may_retry,
        "process": "connect" if request.user.is_authenticated else "login",
    }
    return _render_page(request, "socialaccount/authentication_error.html", context, page.status)


def address_taken(request: HttpRequest, provider: IssuerProvider) -> HttpResponse:
    """Show that an account with this e-mail address exists and how to connect it."""
    log.info("sign-in by %s waits for the owner of the address", provider.sub_id)
    context: dict[str, object] = {"provider": provider}
    return _render_page(request, "socialaccount/address_taken.html", context, HTTPStatus.CONFLICT)


@no_store
def _render_page(
    request: HttpRequest, template: str, context: dict[str, object], status: int
) -> HttpResponse:
    return render(request, template, context, status=status)
