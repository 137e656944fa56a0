"""Colours the comments, texts, numbers and keywords of code in Python, JavaScript and the shell."""

from __future__ import annotations

import re

from django.utils.html import format_html_join
from django.utils.safestring import SafeString

_TOKEN = re.compile(
    r"""((?:\#|//)[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`|\b\d[\d.]*\b"""
    r"|\b(?:import|from|as|const|new|await|async|while|if|True|False|None|true|false|null|curl)\b"
    r"|(?<=\s)--[a-z-]+)"
)
_BY_FIRST = {"#": "comment", "/": "comment", '"': "text", "'": "text", "`": "text"}


def coloured(code: str) -> SafeString:
    """Return the code as HTML, each part in an element whose `data-code` is its kind."""
    parts = enumerate(_TOKEN.split(code))
    spans = ((_kind(part) if place % 2 else "", part) for place, part in parts)
    return format_html_join("", '<span data-code="{}">{}</span>', spans)


def _kind(token: str) -> str:
    return _BY_FIRST.get(token[0], "number" if token[0].isdecimal() else "keyword")
