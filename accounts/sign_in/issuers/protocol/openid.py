"""Talks to an OpenID Connect issuer: reads its configuration, and exchanges a code for claims."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote_plus, urlsplit

from accounts.sign_in.issuers.protocol import http, id_token
from accounts.sign_in.issuers.protocol.failures import IssuerFailure, Reason

if TYPE_CHECKING:
    from allauth.socialaccount.models import SocialApp

CONFIGURATION = "/.well-known/openid-configuration"
# If the ID token lacks one of these, the userinfo endpoint is asked.
USUAL = ("email", "email_verified", "name", "preferred_username")


class Issuer(NamedTuple):
    """The parts of an issuer's configuration that are used."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str
    takes_secret_in_form: bool


def discover(app: SocialApp) -> Issuer:
    """Fetch and return the configuration of an issuer; raises IssuerFailure.

    It must name the issuer of the settings; otherwise another issuer could speak for its people.
    """
    url = str(app.settings["server_url"])
    configuration = http.get_json(f"{url}{CONFIGURATION}")
    if not isinstance(configuration, dict):
        raise IssuerFailure(Reason.BROKEN, "configuration: no JSON object")
    issuer = configuration.get("issuer")
    if not isinstance(issuer, str) or issuer.rstrip("/") != url:
        raise IssuerFailure(Reason.UNTRUSTED, "configuration of another issuer")
    methods = configuration.get("token_endpoint_auth_methods_supported")
    return Issuer(
        issuer=issuer,
        authorization_endpoint=_endpoint(configuration, "authorization_endpoint", url),
        token_endpoint=_endpoint(configuration, "token_endpoint", url),
        jwks_uri=_endpoint(configuration, "jwks_uri", url),
        userinfo_endpoint=_endpoint(configuration, "userinfo_endpoint", url, is_needed=False),
        takes_secret_in_form=isinstance(methods, list) and "client_secret_post" in methods,
    )


def redeem(app: SocialApp, code: str, verifier: str, nonce: str, callback: str) -> dict[str, Any]:
    """Exchange a code for the issuer's claims about the person; raises IssuerFailure.

    Claims of the ID token override those of the userinfo endpoint.
    """
    issuer = discover(app)
    tokens = _redeem(app, issuer, code, verifier, callback)
    jwks = http.get_json(issuer.jwks_uri)
    claims = id_token.verify(
        tokens.get("id_token"), jwks, issuer=issuer.issuer, client_id=app.client_id, nonce=nonce
    )
    role_claims = [app.settings.get("role_claim", ""), app.settings.get("projects_claim", "")]
    needed_claims = {
        *USUAL,
        *(name.partition(".")[0] for name in role_claims if name and name not in claims),
    }
    if issuer.userinfo_endpoint and needed_claims - claims.keys():
        return {**_userinfo(issuer, tokens.get("access_token"), claims["sub"]), **claims}
    return claims


def _redeem(
    app: SocialApp, issuer: Issuer, code: str, verifier: str, callback: str
) -> dict[str, Any]:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": callback,
        "code_verifier": verifier,
    }
    auth = None
    if issuer.takes_secret_in_form:
        form |= {"client_id": app.client_id, "client_secret": app.secret}
    else:  # OpenID Connect's default; both parts are encoded first (RFC 6749, 2.3.1)
        auth = (quote_plus(app.client_id), quote_plus(app.secret))
    tokens = http.post_form(issuer.token_endpoint, form, auth)
    if not isinstance(tokens, dict):
        raise IssuerFailure(Reason.BROKEN, "token: no JSON object")
    return tokens


def _userinfo(issuer: Issuer, access_token: Any, subject: str) -> dict[str, Any]:
    """Return the claims of the userinfo endpoint; raises IssuerFailure for another person's."""
    if not http.is_token(access_token):
        raise IssuerFailure(Reason.BROKEN, "token: no access token")
    userinfo = http.get_json(issuer.userinfo_endpoint, access_token)
    if not isinstance(userinfo, dict) or userinfo.get("sub") != subject:
        raise IssuerFailure(Reason.UNTRUSTED, "userinfo of another subject")
    return userinfo


def _endpoint(
    configuration: dict[str, Any], name: str, issuer: str, *, is_needed: bool = True
) -> str:
    """Return an endpoint's URL; it must be https or have the scheme of the issuer's own URL."""
    value = configuration.get(name)
    if value is None and not is_needed:
        return ""
    try:
        parts = urlsplit(value if isinstance(value, str) else "")
        is_address = bool(parts.hostname) and parts.scheme in {"https", urlsplit(issuer).scheme}
    except ValueError:
        is_address = False
    if not is_address:
        raise IssuerFailure(Reason.BROKEN, f"configuration: no usable {name}")
    return str(value)
