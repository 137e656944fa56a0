"""Colours the comments, texts, numbers and keywords of code in Python, JavaScript and the shell."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

_TOKEN = re.compile(
    r"""
    (?P<comment>(?:\#|//)[^\n]*)
    | (?P<text>"(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\])*' | `(?:\\.|[^`\\])*`)
    | (?P<number>\b\d[\d.]*\b)
    | (?P<keyword>
        \b(?:import|from|as|const|new|await|async|while|if|True|False|None|true|false|null|curl)\b
        | (?<=\s)--[a-z-]+
      )
    """,
    re.VERBOSE,
)


def coloured(code: str) -> SafeString:
    """Return the code as HTML, its parts in elements with `data-code`."""
    return format_html_join("", "{}", ((part,) for part in _parts(code)))


def _parts(code: str) -> Iterator[str]:
    end = 0
    for match in _TOKEN.finditer(code):
        yield code[end : match.start()]
        yield format_html('<span data-code="{}">{}</span>', match.lastgroup, match[0])
        end = match.end()
    yield code[end:]
