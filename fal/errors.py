"""Errors of fal's client: one class per reaction of the caller; `as_json` stores any of them."""

from __future__ import annotations

from typing import Any, ClassVar

from fal.db_safe import db_safe

__all__ = [
    "AuthFailed",
    "BadRedirect",
    "EmptyFile",
    "FalError",
    "FileUnavailable",
    "InvalidArguments",
    "InvalidEndpointId",
    "InvalidInput",
    "NotReady",
    "RateLimited",
    "RequestRejected",
    "RunFailed",
    "Unreachable",
    "Unreadable",
    "UploadRefused",
    "UpstreamFailed",
    "certificate_advice",
]

CERTIFICATE_ADVICE = (
    ". This machine does not trust the authority that signed its certificate. If that authority "
    "is your own, set SSL_CERT_FILE to a file with its certificate (PEM)."
)


class FalError(Exception):
    """A request to fal that failed, at fal or on the way there.

    `message` is one line for people, `detail` the unchanged JSON of fal's reason, `type` fal's name
    for the kind of error, `is_retryable` whether the same call may succeed later. Only a submit or
    run sets `is_unconfirmed`: fal may have accepted it anyway, so it must not be resent
    automatically. `billable_units` is what the failed request cost, as in `Result`.
    """

    _named: ClassVar[dict[str, type[FalError]]] = {}

    def __init_subclass__(cls) -> None:
        FalError._named[cls.__name__] = cls

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        type: str | None = None,
        detail: Any = None,
        request_id: str | None = None,
        is_retryable: bool = False,
        is_unconfirmed: bool = False,
        retry_after_s: float | None = None,
        billable_units: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.type = type
        self.detail = detail
        self.request_id = request_id
        self.is_retryable = is_retryable
        self.is_unconfirmed = is_unconfirmed
        self.retry_after_s = retry_after_s
        self.billable_units = billable_units

    def as_json(self) -> dict[str, Any]:
        """The error as a JSON object that any database accepts and `from_json` reads."""
        return {"error": type(self).__name__, **db_safe(vars(self))}

    @staticmethod
    def from_json(raw: dict[str, Any]) -> FalError:
        """The error that `as_json` wrote; an unknown class becomes FalError."""
        cls = FalError._named.get(raw.get("error", ""), FalError)
        names = (*_FIELDS, "sent") if cls is Unreachable else _FIELDS
        values = {name: raw[name] for name in names if name in raw}
        return cls(str(raw.get("message", "")), **values)


_FIELDS = (
    "status",
    "type",
    "detail",
    "request_id",
    "is_retryable",
    "is_unconfirmed",
    "retry_after_s",
    "billable_units",
)


class Unreachable(FalError):
    """No response: DNS, TLS, connection refused, timeout or connection lost. Try again later.

    `sent` is False if the request cannot have left this machine.
    """

    def __init__(self, message: str, *, sent: bool = False, **fields: Any) -> None:
        super().__init__(message, **{"is_retryable": True, **fields})
        self.sent = sent


class RequestRejected(FalError):
    """An unsuccessful response. Show the detail."""


class AuthFailed(RequestRejected):
    """401 or 403 with our key. Point to the key setting."""


class UploadRefused(RequestRejected):
    """401 or 403 from a pre-signed upload URL, which may have expired. The key was not sent."""


class InvalidInput(RequestRejected):
    """422. Show the errors beside the form's fields."""


class RateLimited(RequestRejected):
    """429. Wait `retry_after_s`; if fal does not say, choose a delay."""


class UpstreamFailed(RequestRejected):
    """5xx, or a response that cannot be parsed. Try again later."""


class Unreadable(UpstreamFailed):
    """A successful response of the wrong kind: neither an output nor an event stream.

    For a run, `detail` holds its `content_type`, `size` in bytes and the start of its `body`.
    """


class RunFailed(FalError):
    """fal accepted the request and it failed; final. `type` and `detail` say why."""

    @property
    def kind(self) -> str | None:
        """Alias of `type`."""
        return self.type


class NotReady(FalError):
    """The result was requested before the run had ended. Retry after COMPLETED (C21)."""


class FileUnavailable(FalError):
    """A file that cannot be downloaded: gone, too large, malformed or at a forbidden address."""


class EmptyFile(FileUnavailable):
    """An empty file: upstream may not have written it yet, so the download may be retried."""


class BadRedirect(FileUnavailable):
    """The file's host redirects to an address that serves no files, usually its error page."""


class InvalidArguments(FalError, ValueError):
    """Arguments that cannot be encoded as JSON; nothing was sent."""


class InvalidEndpointId(FalError, ValueError):
    """A text that is not an endpoint id (C14)."""


def certificate_advice(error: BaseException) -> str:
    """Return the advice to append if a certificate was refused; empty for any other error."""
    return CERTIFICATE_ADVICE if "CERTIFICATE_VERIFY_FAILED" in str(error) else ""
