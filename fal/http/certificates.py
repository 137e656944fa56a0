"""Advice about a certificate that no known authority has signed."""

from __future__ import annotations

_REFUSED = "CERTIFICATE_VERIFY_FAILED"
ADVICE = (
    ". Nobody whom this machine trusts has signed its certificate. If an authority of your own "
    "has, set SSL_CERT_FILE to a file with that authority's certificate (PEM)."
)


def advice(error: BaseException) -> str:
    """Return the advice to append if a certificate was refused; empty for any other error."""
    return ADVICE if _REFUSED in str(error) else ""
