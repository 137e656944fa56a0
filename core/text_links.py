"""Shows a text that somebody typed: escaped, with its lines, and its addresses clickable."""

from __future__ import annotations

from django.utils.html import linebreaks, urlize
from django.utils.safestring import SafeString, mark_safe

_REL = ' rel="nofollow"'


def linked(text: str) -> SafeString:
    """Return the text as HTML paragraphs; robots do not follow its links, which have no opener.

    In an escaped text, only Django can have written `rel="nofollow"` with plain quotes.
    """
    escaped = urlize(text, nofollow=True, autoescape=True)
    safe = escaped.replace(_REL, ' rel="nofollow noopener noreferrer ugc"')
    return mark_safe(linebreaks(safe))  # noqa: S308  escaped by `urlize`
