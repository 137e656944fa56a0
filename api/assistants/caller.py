"""The interfaces by which tools call the API and pay within the budget of a session."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Protocol

BASE = "/api/v1"
# Operations of the API that its messages name, and the tools that assistants have instead.
_TOOLS = (
    (r"GET /api/v1/models\?q=…", "find_models"),
    (r"GET /api/v1/models/(\S+)", r"read_model with endpoint_id=\1"),
    (r"GET /api/v1/projects", "list_projects"),
)


class CallRefused(Exception):
    """The API's error, in sentences for an assistant; `status` is the response's, if any.

    `slug` is the problem's type, such as `unconfirmed`.
    """

    def __init__(self, message: str, status: int = 0, slug: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.slug = slug


class Caller(Protocol):
    """Calls operations of the API for one assistant; raises CallRefused."""

    async def call(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Return the JSON of an operation's response; query values of None are left out."""

    async def file(self, path: str) -> tuple[bytes, str]:
        """Return a file's bytes and content type by its path on this server."""

    async def open_addresses(self, run_id: str) -> dict[int, str]:
        """Return addresses of a run's copied files that open without a login, by position."""


class Budget(Protocol):
    """Makes the paid calls of one session."""

    async def left(self) -> Decimal:
        """Return what the session may still spend."""

    async def start(
        self, amount: Decimal | None, path: str, body: Any, project: str = "", consent: str = ""
    ) -> Any:
        """Post to an operation that may cost `amount`; raises CallRefused, also for the cap.

        If the cost is unknown (None), the call counts as all that is left until the cost is known.
        The run lives in the project with the slug `project`, by default in the token's. `consent`
        is the id of the question that the person has answered with yes, if there was one.
        """


def refusal(status: int, problem: Any) -> CallRefused:
    """Return the exception for a problem document."""
    document = problem if isinstance(problem, dict) else {}
    lines = [str(document.get("detail") or f"The server answered with status {status}.")]
    errors = document.get("errors")
    for error in errors if isinstance(errors, list) else []:
        place = str(error.get("pointer") or error.get("parameter") or "")
        lines.append(f"{place.removeprefix('#/')}: {error.get('detail')}")
    message = "\n".join(dict.fromkeys(lines))
    for operation, tool in _TOOLS:
        message = re.sub(operation, tool, message)
    slug = str(document.get("type") or "").rpartition(":")[2]
    return CallRefused(message, status, slug)
