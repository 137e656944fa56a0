"""Pages of lists: `limit`, and a cursor that is the page's number in base64."""

import base64
import binascii

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
