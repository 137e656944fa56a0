"""Filters of the pages of shares."""

from __future__ import annotations

import re

from django import template
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from features.sharing.access import sender
from features.sharing.live.watch_tokens import watch_token

_LINK = re.compile(r"https?://[^\s<>\"'`\\^{|}]{1,1900}", re.IGNORECASE)
_AFTER_A_LINK = ".,;:!?)]…»”\u2019"

register = template.Library()


@register.filter
def with_links(text: str) -> SafeString:
    """Return a text as escaped HTML, with web addresses as `nofollow` links."""
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


register.filter(sender)
register.filter(watch_token)
