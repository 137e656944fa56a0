"""Values in addresses and posts, parsed: what is malformed counts as missing."""

from __future__ import annotations

import uuid


def parse_uuid(text: str) -> uuid.UUID | None:
    """The UUID in a text; None if it is none."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
