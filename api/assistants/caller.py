"""The interface by which tools call the API: in the web process, or from the command line."""

from __future__ import annotations

from typing import Any, Protocol

from api.contract import terms

BASE = "/api/v1"


class Refused(Exception):
    """The API's error, in sentences for an assistant; `status` is the response's, if any.

    `slug` is the problem's type, such as `unconfirmed`.
    """

    def __init__(self, message: str, status: int = 0, slug: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.slug = slug


class Caller(Protocol):
    """Calls operations of the API for one assistant; raises Refused."""

    async def call(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Return the JSON of an operation's response; query values of None are left out."""

    async def file(self, path: str) -> tuple[bytes, str]:
        """Return a file's bytes and content type by its path on this server."""


def refusal(status: int, problem: Any) -> Refused:
    """Return the exception for a problem document."""
    document = problem if isinstance(problem, dict) else {}
    lines = [str(document.get("detail") or f"The server answered with status {status}.")]
    errors = document.get("errors")
    for error in errors if isinstance(errors, list) else []:
        place = str(error.get("pointer") or error.get("parameter") or "")
        lines.append(f"{place.removeprefix('#/')}: {error.get('detail')}")
    message = "\n".join(dict.fromkeys(lines))
    slug = str(document.get("type") or "").rpartition(":")[2]
    return Refused(terms.in_terms(message, terms.TOOLS), status, slug)
