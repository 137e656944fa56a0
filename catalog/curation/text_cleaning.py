"""Cleans texts that users post and limits their length."""

from __future__ import annotations

import re

# Control characters and lone surrogates: databases reject some.
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def one_line(text: str, longest: int, name: str) -> str:
    """Collapse white space to one line; raises ValueError with a message if too long."""
    return _bounded(" ".join(_clean(text, "").split()), longest, name)


def paragraphs(text: str, longest: int, name: str) -> str:
    """Keep line breaks, trim lines; raises ValueError with a message if too long."""
    lines = _clean(text.replace("\r\n", "\n").replace("\r", "\n"), "\n").split("\n")
    return _bounded("\n".join(line.rstrip() for line in lines).strip("\n"), longest, name)


def _clean(text: str, allowed: str) -> str:
    return _UNFIT.sub(lambda match: match[0] if match[0] in allowed else " ", text)


def _bounded(text: str, longest: int, name: str) -> str:
    if len(text) > longest:
        raise ValueError(f"Keep the {name} to {longest} characters; it has {len(text)}.")
    return text
