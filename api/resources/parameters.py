"""Parameters that several operations share, and the objects that they identify."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from api.contract.operation import Parameter
from api.contract.shapes import CURSOR_PATTERN, ENDPOINT_ID
from api.http import cursor, retirement
from api.http.problem import Problem
from api.reach import MAX_SLUG_CHARS, PARAMETER
from catalog.models import Endpoint
from fal.db_safe import db_safe_text

T = TypeVar("T")
DEFAULT_LIMIT = 20
MAX_LIMIT = 100
MAX_KEY = 2**31 - 1
_ENDPOINT_ID = {name: value for name, value in ENDPOINT_ID.items() if name != "description"}

CURSOR = Parameter(
    "cursor",
    {"type": "string", "minLength": 1, "maxLength": cursor.MAX_CHARS, "pattern": CURSOR_PATTERN},
    "`next_cursor` of the previous page",
)
LIMIT = Parameter(
    "limit",
    {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
    "how many at most",
)
ENDPOINT = Parameter(
    "endpoint_id",
    _ENDPOINT_ID,
    "the model's id; its slashes need no escaping: `fal-ai/flux/dev`",
    where="path",
    converter="path",
)
MODEL = Parameter(
    "model",
    _ENDPOINT_ID,
    "only those of this model",
)


_SLUG = {
    "type": "string",
    "minLength": 1,
    "maxLength": MAX_SLUG_CHARS,
    "pattern": r"^[^\s/?#]+$",
}
IN_PROJECT = Parameter(
    PARAMETER,
    _SLUG,
    "only what is in the project with this slug, `private` for your private one; without it, "
    "what is in all projects that the token sees",
)
TO_PROJECT = Parameter(
    PARAMETER,
    _SLUG,
    "slug of the project that it goes to; without it, the token's project, or else your private "
    "one",
)


def key(name: str, description: str) -> Parameter:
    """Return a path parameter for a row's integer key."""
    schema = {"type": "integer", "minimum": 1, "maximum": MAX_KEY}
    return Parameter(name, schema, description, where="path", converter="int")


def find_endpoint(endpoint_id: str, endpoints: Any = None) -> Endpoint:
    """Return the endpoint with this id; raises Problem (404)."""
    rows = Endpoint.objects.all() if endpoints is None else endpoints
    endpoint: Endpoint | None = rows.filter(endpoint_id=db_safe_text(endpoint_id)).first()
    if endpoint is None:
        detail = f"There is no model {endpoint_id!r}. Search for it: GET /api/v1/models?q=…"
        raise Problem(404, detail)
    return retirement.note(endpoint)


def take_page(
    rows: Sequence[T],
    limit: int,
    as_json: Callable[[T], dict[str, Any]],
    mark: Callable[[T], Iterable[Any]],
) -> dict[str, Any]:
    """Return a page of at most `limit` of these rows; an extra row means that there is a next page.

    `mark` returns the cursor's values for the last row of the page.
    """
    page_rows = rows[:limit]
    has_more = len(rows) > limit
    return {
        "items": [as_json(row) for row in page_rows],
        "next_cursor": cursor.encode(*mark(page_rows[-1])) if has_more else None,
    }


def as_uuid(text: str) -> uuid.UUID:
    """Return the id in a cursor; raises Problem."""
    try:
        return uuid.UUID(text)
    except ValueError:
        raise cursor.bad_cursor() from None
