"""What people write on shares: data, never markup; its links can be followed."""

from __future__ import annotations

import re
import unicodedata

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from fal.db_safe import db_safe_text
from sharing.models.reviewer import MAX_TEXT_CHARS
from sharing.review.rules import Refused

MAX_TEXT_BYTES = 100 * 1024
EMPTY = "Write something first."
_LINK = re.compile(r"https?://[^\s<>\"'`\\^{|}]{1,1900}", re.IGNORECASE)
_AFTER_A_LINK = ".,;:!?)]…»”\u2019"
_TURNING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])


def read_text(text: str) -> str:
    """Return a comment as it is kept; raises Refused if it is empty or too long."""
    if len(text.encode(errors="replace")) > MAX_TEXT_BYTES or len(text) > MAX_TEXT_CHARS:
        raise Refused(f"That is {len(text):,} characters; {MAX_TEXT_CHARS:,} fit.", "comment")
    lines = db_safe_text(text).replace("\r\n", "\n").replace("\r", "\n").translate(_TURNING)
    visible = "".join(char for char in lines if char in "\n\t" or not _is_control(char)).strip()
    if not visible:
        raise Refused(EMPTY, "comment")
    return visible


def with_links(text: str) -> SafeString:
    """Return a text as HTML: escaped, its web addresses as links that lend no good name."""
    parts: list[str] = []
    end = 0
    for match in _LINK.finditer(text):
        address = match[0].rstrip(_AFTER_A_LINK)
        parts.append(escape(text[end : match.start()]))
        parts.append(
            format_html(
                '<a href="{}" rel="nofollow noopener noreferrer ugc" target="_blank">{}</a>',
                address,
                address,
            )
        )
        end = match.start() + len(address)
    parts.append(escape(text[end:]))
    return mark_safe("".join(parts))  # noqa: S308 - every part is escaped


def _is_control(char: str) -> bool:
    return unicodedata.category(char) == "Cc"
