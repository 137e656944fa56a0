"""The page "Put this in front of your code": lines for a client, and a token's first request."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from accounts.limits.rate_limit import limit
from api import first_request, tokens
from api.clients import CLIENTS, PLACEHOLDER, Client
from api.models import Token
from api.views.tokens import TokenForm
from core.http.addresses import origin
from core.http.caching import no_store
from core.http.parameters import parse_key
from runs.costs.cost import estimate_run

if TYPE_CHECKING:
    from django.db import models

    from core.http.htmx import HtmxRequest


@require_http_methods(["GET", "HEAD", "POST"])
@no_store  # the page of a new token contains it
@sensitive_variables("secret")
def index(request: HtmxRequest) -> HttpResponse:
    """Show a client's lines; a POST creates a token, which only its response shows in them."""
    client = _client(request)
    name = tokens.free_name(request.user, client.title)
    if request.method != "POST":
        return _render_client(request, client, TokenForm(request.user, name=name), _token(request))
    form = TokenForm(request.user, request.POST)
    token, secret = form.create() or (None, "")
    return _render_client(request, client, form, token, secret)


@sensitive_variables("secret", "context")
def _render_client(
    request: HtmxRequest, client: Client, form: TokenForm, token: Token | None, secret: str = ""
) -> HttpResponse:
    """Return the page; 204 for a poll that has already seen the state of the token's request."""
    run = first_request.find_first_run(token) if token else None
    is_awaited = token is not None and first_request.is_awaited(token, run)
    token_state = run.state if run else "used" if token and token.last_used_at else "none"
    if is_awaited and request.htmx and request.GET.get("seen") == token_state:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    endpoint, arguments = first_request.example_endpoint(), first_request.ARGUMENTS
    model = endpoint.endpoint_id if endpoint else first_request.EXAMPLES[0]
    address = origin(request)
    context = {
        "clients": CLIENTS.values(),
        "client": client,
        "snippets": client.lines(address, secret, model, arguments),
        "form": form,
        "secret": secret,
        "placeholder": PLACEHOLDER,
        "token": token,
        "run": run,
        "is_awaited": is_awaited,
        "seen": token_state,
        "endpoint": endpoint,
        "price": endpoint and estimate_run(endpoint, arguments).label,
        "page_url": _address(client, token),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "api/clients.html", context, status=status)


@require_POST
@limit("run")
def trial(request: HtmxRequest, pk: int) -> HttpResponse:
    """Run the example as the token's first call."""
    token = get_object_or_404(_tokens(request), pk=pk)
    if first_request.find_first_run(token) is None:
        first_request.try_out(token)
    return redirect(f"{_address(_client(request), token)}&tried=1")  # moves the focus to the run


def _client(request: HtmxRequest) -> Client:
    """Return the client named in the address, by default the first."""
    client = CLIENTS.get(request.GET.get("client") or next(iter(CLIENTS)))
    if client is None:
        raise Http404
    return client


def _token(request: HtmxRequest) -> Token | None:
    """Return the token named in the address, whose first request is shown."""
    if "token" not in request.GET:
        return None
    return get_object_or_404(_tokens(request), pk=parse_key(request.GET["token"]))


def _tokens(request: HtmxRequest) -> models.QuerySet[Token]:
    rows = Token.objects.filter(user=request.user, revoked_at=None)
    return rows.select_related("user", "project")


def _address(client: Client, token: Token | None) -> str:
    parameters = {"client": client.key} | ({"token": token.pk} if token else {})
    return f"{reverse('api:clients')}?{urlencode(parameters)}"
