"""Advice about a certificate that no known authority has signed."""

from __future__ import annotations

_REFUSED = "CERTIFICATE_VERIFY_FAILED"
ADVICE = (
    ". This machine does not trust the authority that signed its certificate. If that authority "
    "is your own, set SSL_CERT_FILE to a file with its certificate (PEM)."
)


def advice(error: BaseException) -> str:
    """Return the advice to append if a certificate was refused; empty for any other error."""
    return ADVICE if _REFUSED in str(error) else ""
