"""What this authorization server accepts: redirects, scopes and resources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from allauth.idp.oidc.adapter import DefaultOIDCAdapter
from django.core.exceptions import ValidationError

from api import tokens
from core.http.addresses import origin

if TYPE_CHECKING:
    from allauth.idp.oidc.models import Client

RESOURCE = "/mcp"  # what programs sign in for: assistants' tools
MOST_REDIRECTS, MOST_CHARS = 10, 500
LOOPBACK = {"127.0.0.1", "::1", "localhost"}
# Of these a browser would run code, or open a file, instead of a program.
UNSAFE = {"about", "blob", "data", "file", "filesystem", "javascript", "vbscript", "view-source"}
BAD_REDIRECT = (
    "Each redirect_uri must be https, http on this machine (127.0.0.1, ::1, localhost), or a "
    "program's own scheme, without user name, fragment or asterisk."
)
ONLY_CODES = "Only the grant types authorization_code and refresh_token with codes are supported."
OTHER_RESOURCE = "This server gives tokens for its own /mcp only."


class OAuthAdapter(DefaultOIDCAdapter):
    """allauth's adapter with the rules of this house."""

    def get_issuer(self) -> str:
        """Return the address of this server, which its metadata are read at."""
        return origin(self.request)

    def validate_client_registration(self, *, client: Client, **about: Any) -> None:
        """Give a program that registers itself the scopes of tokens; raises ValidationError."""
        redirects = client.get_redirect_uris()
        if len(redirects) > MOST_REDIRECTS or not all(map(is_safe_redirect, redirects)):
            raise ValidationError(BAD_REDIRECT)
        grants = {client.GrantType.AUTHORIZATION_CODE, client.GrantType.REFRESH_TOKEN}
        if set(client.get_grant_types()) - grants or client.get_response_types() != ["code"]:
            raise ValidationError(ONLY_CODES)
        client.set_grant_types(sorted(grants))
        client.set_scopes([*tokens.SCOPES])
        client.set_default_scopes([*tokens.DEFAULT_SCOPES])

    def validate_resource_uris(self, *, uris: list[str], **more: Any) -> None:
        """Raise ValidationError if a resource (RFC 8707) is another server's."""
        own = {f"{origin(self.request)}{path}" for path in ("", "/", RESOURCE, f"{RESOURCE}/")}
        if set(uris) - own:
            raise ValidationError(OTHER_RESOURCE)


def is_safe_redirect(uri: str) -> bool:
    """Return whether a program may be sent back to this address (RFC 8252, 7; RFC 9700, 4.1)."""
    try:
        parts = urlsplit(uri)
        host = parts.hostname or ""
    except ValueError:
        return False
    is_plain = len(uri) <= MOST_CHARS and uri.isprintable() and not set(uri) & set('*\\ <>"#')
    if not is_plain or "@" in parts.netloc or parts.scheme.lower() in UNSAFE | {""}:
        return False
    if parts.scheme == "http":
        return host in LOOPBACK
    return bool(host) if parts.scheme == "https" else True
