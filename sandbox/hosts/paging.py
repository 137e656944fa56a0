"""Parameters of lists: `limit`, a cursor that is the page's number in base64, ids and times."""

import base64
import binascii
import re
from datetime import UTC, datetime

from starlette.requests import Request as HttpRequest

from sandbox.faults import error
from sandbox.hosts.web import Refused

DEFAULT_LIMIT = 50


def limit_of(limit: str | None, highest: int) -> int:
    """Return the number of items per page; raises Refused if the limit is invalid."""
    if limit is None:
        return min(DEFAULT_LIMIT, highest)
    if not limit.isdigit() or not 1 <= int(limit) <= highest:
        raise invalid(f"limit must be between 1 and {highest}")
    return int(limit)


def page_number(cursor: str | None) -> int:
    """Return the page number that a cursor encodes."""
    if not cursor:
        return 1
    try:
        return max(1, int(base64.b64decode(cursor, validate=True)))
    except (binascii.Error, ValueError):
        raise invalid("cursor is not one of ours") from None


def cursor_of(page: int) -> str:
    """Return the cursor that encodes a page number."""
    return base64.b64encode(str(page).encode()).decode()


def invalid(message: str) -> Refused:
    """Return fal's 400."""
    return Refused(error("list", 400, message))


def listed_values(http: HttpRequest, name: str) -> list[str]:
    """Return a parameter's values, repeated or separated by commas."""
    texts = http.query_params.getlist(name)
    return [value for text in texts for value in text.split(",") if value]


def within(at: float, start: str | None, end: str | None) -> bool:
    """Whether a time in seconds since 1970 is not before `start` and before `end`."""
    sent_at = datetime.fromtimestamp(at, UTC)
    return (start is None or sent_at >= moment(start)) and (end is None or sent_at < moment(end))


def moment(text: str) -> datetime:
    """Return an ISO 8601 time; raises Refused with 400 if it is invalid."""
    try:
        at = datetime.fromisoformat(re.sub("Z$", "+00:00", text))
    except ValueError:
        raise invalid(f"{text!r} is not an ISO 8601 date") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
