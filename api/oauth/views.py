"""The addresses at which a program signs in: metadata, registration, consent, tokens.

The protocol is allauth's (RFC 6749, 7009, 7591, 7636, 8414, 8707, 9728). Added here: a code needs a
proof key, every connection is asked for, and what was chosen becomes a row of `api.models.Token`.
"""

from __future__ import annotations

import json
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from allauth.idp.oidc import views as allauth_views
from allauth.idp.oidc.internal.oauthlib.utils import get_validator_context, respond_html_error
from allauth.idp.oidc.models import Client as Registered
from allauth.idp.oidc.models import Token as Issued
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_safe

from accounts import single_use
from accounts.limits.rate_limit import limit
from api import grants, tokens
from api.oauth import rows
from api.oauth.adapter import RESOURCE
from api.oauth.forms import ConsentForm
from core.http.addresses import absolute, origin
from core.http.caching import no_store
from core.http.posts import hidden
from fal.db_safe import db_safe_text

if TYPE_CHECKING:
    from django.http import HttpRequest

OPEN_FOR_S = 3600.0  # a question that was put longer ago is refused
NO_PROOF = (
    "The program that sent you here did not prove that the answer is its own (PKCE with S256). "
    "Update it, or use a token."
)
SILENT = "The program wants to connect without asking you. Vitrine always asks: try it again there."
UNKNOWN = "A program"  # that gave no name
NAME_CHARS = 60
MOST_BYTES = 16 << 10  # of a registration, which the database keeps


@login_not_required
@require_safe
def resource(request: HttpRequest) -> JsonResponse:
    """Say where one signs in for `/mcp` (RFC 9728)."""
    return _metadata(
        {
            "resource": absolute(request, RESOURCE),
            "resource_name": "Vitrine",
            "authorization_servers": [origin(request)],
            "scopes_supported": [*tokens.SCOPES],
            "bearer_methods_supported": ["header"],
            "resource_documentation": absolute(request, reverse("api:clients")),
        }
    )


@login_not_required
@require_safe
def server(request: HttpRequest) -> JsonResponse:
    """Describe the authorization server (RFC 8414); it signs nothing, so it has no keys."""

    def at(name: str) -> str:
        return absolute(request, reverse(f"idp:oidc:{name}"))

    described = {
        "issuer": origin(request),
        "authorization_endpoint": at("authorization"),
        "token_endpoint": at("token"),
        "revocation_endpoint": at("revoke"),
        "scopes_supported": [*tokens.SCOPES],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": [
            "none",
            "client_secret_basic",
            "client_secret_post",
        ],
        "code_challenge_methods_supported": ["S256"],
        "service_documentation": absolute(request, reverse("api:clients")),
    }
    if settings.OAUTH_REGISTRATION:
        described["registration_endpoint"] = at("client_registration")
    return _metadata(described)


@login_not_required
def unknown(request: HttpRequest, name: str) -> JsonResponse:
    """Answer programs that look for other metadata with JSON, not with a page."""
    problem = {"error": "not_found", "error_description": "This server has no such metadata."}
    return JsonResponse(problem, status=HTTPStatus.NOT_FOUND)


def _metadata(described: dict[str, Any]) -> JsonResponse:
    response = JsonResponse(described)
    response["Access-Control-Allow-Origin"] = "*"  # assistants in a browser read it, too
    return response


@method_decorator([limit("sign-in"), no_store], name="dispatch")
class Consent(allauth_views.AuthorizationView):
    """Asks the person once for each connection; nothing is granted without their press."""

    form_class = ConsentForm

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show what the program asks for, or why it cannot be connected."""
        query = request.GET
        if "none" in query.get("prompt", "").split():
            return self._refuse(SILENT)
        if not query.get("code_challenge") or query.get("code_challenge_method") != "S256":
            return self._refuse(NO_PROOF)
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Connect the program, or tell it that the person said no."""
        response = super().post(request, *args, **kwargs)
        address = response.headers.get("Location", "/")
        return response if address.startswith("/") else self._leave(address)

    def get_initial(self) -> dict[str, Any]:
        """Return the signed request, which only this person can answer, for a while."""
        self._request_info.setdefault("asked", [self.request.user.pk, time.time()])
        return {**super().get_initial(), "scopes": [*tokens.DEFAULT_SCOPES]}

    def form_valid(self, form: Any) -> HttpResponse:
        """Issue a code with the choices; a page that was answered before is refused."""
        person, asked_at = self._request_info["asked"]
        if person != self.request.user.pk:
            raise PermissionDenied("Somebody else was asked. Begin again in the program.")
        if time.time() - asked_at > OPEN_FOR_S:
            return self._refuse("This question is too old. Begin again in the program.")
        with transaction.atomic():
            if not single_use.spend(form.cleaned_data["request"], OPEN_FOR_S):
                return self._refuse("This was answered already. Begin again in the program.")
            response = super().form_valid(form)
            grant = get_validator_context().grant_id
            if grant:
                client = Registered.objects.get(pk=self._request_info["client_id"])
                grants.remember(grant, form.choices(name_of(client)))
        return response

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        """Add the program's name and where it will be sent back to."""
        context = super().get_context_data(**more)
        back = urlsplit(self._request_info["redirect_uri"] or "")
        return context | {
            "name": name_of(context["client"]),
            "host": back.netloc or f"{back.scheme}:",
            "is_unverified": bool((context["client"].data or {}).get("dcr")),
        }

    def _refuse(self, why: str) -> HttpResponse:
        response = respond_html_error(self.request, error=ValidationError(why))
        response.status_code = HTTPStatus.BAD_REQUEST
        return response

    def _leave(self, address: str) -> HttpResponse:
        """Lead back to the program by a page: browsers block forms that redirect to others."""
        is_connected = "code=" in urlsplit(address).query
        context = {"address": address, "is_connected": is_connected}
        return render(self.request, "api/connected.html", context)


@method_decorator(limit("sign-in"), name="dispatch")
class Exchange(allauth_views.TokenView):
    """Issues tokens for a code or a refresh token, and makes the row of a new grant."""

    @transaction.atomic
    def post(self, request: HttpRequest) -> HttpResponse:
        """Answer as allauth does; refuse what belongs to a connection that has ended."""
        try:
            response = super().post(request)
        except ValidationError as error:  # of a resource
            return _refusal("invalid_target", error.messages[0])
        if response.status_code != HTTPStatus.OK:
            self._end_if_replayed(request)
            return response
        if not rows.accept(json.loads(response.content)["access_token"]):
            transaction.set_rollback(True)
            return _refusal("invalid_grant", "This connection has ended. Sign in again.")
        return response

    def _end_if_replayed(self, request: HttpRequest) -> None:
        """End the row of a code that was exchanged twice, after allauth has deleted its tokens."""
        codes = Issued.objects.by_value(hidden(request, "code"))
        code = codes.filter(type=Issued.Type.AUTHORIZATION_CODE).first()
        if code is not None and (code.data or {}).get("reused"):
            grant = code.get_grant_id() or ""
            transaction.on_commit(lambda: rows.revoke_if_over(grant))


@method_decorator(limit("sign-in"), name="dispatch")
class GiveBack(allauth_views.RevokeView):
    """Lets a program end its connection (RFC 7009)."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Revoke the grant of a token."""
        issued = Issued.objects.by_value(hidden(request, "token")).first()
        response = super().post(request, *args, **kwargs)
        if issued is not None and not Issued.objects.filter(pk=issued.pk).exists():
            rows.revoke_if_over(issued.get_grant_id() or "")
        return response


@method_decorator(limit("registration"), name="dispatch")
class Register(allauth_views.ClientRegistrationView):
    """Registers a program that introduces itself (RFC 7591), unless the house has turned it off."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer with the program's id."""
        if not settings.OAUTH_REGISTRATION:
            raise Http404("Programs cannot register themselves here.")
        if len(request.body) > MOST_BYTES:
            return _refusal("invalid_client_metadata", "These metadata are too long.")
        return super().post(request, *args, **kwargs)


def name_of(client: Any) -> str:
    """Return the name that a program has given itself, in one line, or `UNKNOWN`."""
    return " ".join(db_safe_text(client.name).split())[:NAME_CHARS] or UNKNOWN


def _refusal(error: str, description: str) -> JsonResponse:
    status = HTTPStatus.BAD_REQUEST
    return JsonResponse({"error": error, "error_description": description}, status=status)
