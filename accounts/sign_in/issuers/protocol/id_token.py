"""Verifies an ID token (OpenID Connect Core 1.0, ID Token Validation)."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from typing import Any

from accounts.sign_in.issuers.protocol.failures import IssuerFailure, Reason

# Signatures by a key that only the issuer has. Never "none", and never one by the client's secret:
# an attacker could sign with the public key as that secret.
ALGORITHMS = frozenset(
    ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
)
REQUIRED = ["iss", "sub", "aud", "exp", "iat"]
LEEWAY_S = 60  # difference between clocks that is allowed


def verify(token: Any, jwks: Any, *, issuer: str, client_id: str, nonce: str) -> dict[str, Any]:
    """Return the claims of an ID token; raises IssuerFailure unless all checks pass.

    `jwks` is the issuer's set of keys, as JSON. The signature is checked although the token came
    directly from the issuer, because a proxy in between may end TLS.
    """
    # Imported here because it loads `cryptography`, which pages do not need.
    import jwt

    if not isinstance(token, str):
        raise _untrusted("no ID token")
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError as error:
        raise _untrusted(f"not a signed token ({type(error).__name__})") from error
    algorithm = header.get("alg")
    if algorithm not in ALGORITHMS:
        raise _untrusted("signed by a method that proves nothing")
    failure = _untrusted("signed by a key that the issuer does not list")
    for key in _keys(jwks, header.get("kid")):
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                jwt.PyJWK(key, algorithm=algorithm),
                algorithms=[algorithm],
                audience=client_id,
                issuer=issuer,
                leeway=LEEWAY_S,
                options={"require": REQUIRED},
            )
        except (jwt.PyJWTError, ValueError, TypeError, KeyError) as error:
            failure = _untrusted(f"ID token: {type(error).__name__}")
            continue
        _require_meant(claims, client_id, nonce)
        return claims
    raise failure


def _keys(jwks: Any, kid: Any) -> Iterator[dict[str, Any]]:
    """Yield the signature keys with this ID, or all if the token names none."""
    keys = jwks.get("keys") if isinstance(jwks, dict) else None
    for key in keys if isinstance(keys, list) else []:
        is_right = isinstance(key, dict) and key.get("use", "sig") == "sig"
        if is_right and (kid is None or key.get("kid") == kid):
            yield key


def _require_meant(claims: dict[str, Any], client_id: str, nonce: str) -> None:
    """Raise IssuerFailure unless the token was issued for this server and this login."""
    audience = claims["aud"]
    party = claims.get("azp")
    if party is None and isinstance(audience, list) and len(audience) > 1:
        raise _untrusted("ID token for several, without saying for whom")
    if party is not None and party != client_id:
        raise _untrusted("ID token for another client")
    token_nonce = claims.get("nonce")
    if not isinstance(token_nonce, str) or not hmac.compare_digest(
        token_nonce.encode(), nonce.encode()
    ):
        raise _untrusted("ID token of another login (nonce)")


def _untrusted(detail: str) -> IssuerFailure:
    return IssuerFailure(Reason.UNTRUSTED, detail)
