"""What can go wrong with fal: one class per reaction; every instance is kept by `as_json`."""

from __future__ import annotations

from typing import Any, ClassVar

from fal.storable import storable

__all__ = [
    "AuthFailed",
    "EmptyFile",
    "FalError",
    "FileUnavailable",
    "InvalidArguments",
    "InvalidEndpointId",
    "InvalidInput",
    "LedAway",
    "NotReady",
    "RateLimited",
    "RequestRejected",
    "RunFailed",
    "Unreachable",
    "Unreadable",
    "UpstreamFailed",
]


class FalError(Exception):
    """Anything fal, or the way to it, did not do.

    `message` is one line for people, `detail` the JSON that fal gave as its reason, untouched,
    `type` fal's word for the kind of error, `is_retryable` whether the same call may go well later.
    `is_unconfirmed` is set by a submit or run alone: fal may have taken it all the same, so it
    must not be sent again by itself. `billable_units` is what it cost all the same, as `Result` says.
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
        """The error as a JSON object that `from_json` reads back and every database takes."""
        return {"error": type(self).__name__, **storable(vars(self))}

    @staticmethod
    def from_json(raw: dict[str, Any]) -> FalError:
        """The error that `as_json` wrote down; unknown classes come back as FalError."""
        cls = FalError._named.get(raw.get("error", ""), FalError)
        names = (*_FIELDS, "sent") if cls is Unreachable else _FIELDS
        known = {name: raw[name] for name in names if name in raw}
        return cls(str(raw.get("message", "")), **known)


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
    """No answer: DNS, TLS, refused, timeout, cut. Try again later.

    `sent` is false when the request cannot have left this machine.
    """

    def __init__(self, message: str, *, sent: bool = False, **kept: Any) -> None:
        super().__init__(message, **{"is_retryable": True, **kept})
        self.sent = sent


class RequestRejected(FalError):
    """An answer that is not a success. Show the detail."""


class AuthFailed(RequestRejected):
    """401 or 403. Point to the key setting."""


class InvalidInput(RequestRejected):
    """422. Put the errors beside the form's fields."""


class RateLimited(RequestRejected):
    """429. Wait `retry_after_s`, or as long as seems right when fal does not say."""


class UpstreamFailed(RequestRejected):
    """5xx, or an answer nobody can read. Try again later."""


class Unreadable(UpstreamFailed):
    """An answer came, and is not what was asked for: no output, no event stream.

    Of a run's, `detail` tells its `content_type`, `size` in bytes and `body`.
    """


class RunFailed(FalError):
    """The request was taken and ended in error: final. `type` and `detail` say why."""

    @property
    def kind(self) -> str | None:
        """fal's word for what went wrong, the same as `type`."""
        return self.type


class NotReady(FalError):
    """The result was asked for before the request had ended. Ask again after COMPLETED (C21)."""


class FileUnavailable(FalError):
    """A file that we shall not have: gone, too large, malformed or at an address not allowed."""


class EmptyFile(FileUnavailable):
    """A file of no byte: upstream may just not have it yet, so it may be asked again."""


class LedAway(FileUnavailable):
    """The file's host leads to where no file is: to a page that tells of trouble, mostly."""


class InvalidArguments(FalError, ValueError):
    """Arguments of which no JSON can be made: nothing was sent."""


class InvalidEndpointId(FalError, ValueError):
    """A text that cannot be an endpoint id (C14)."""
