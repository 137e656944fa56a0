"""Cleans texts that users post and limits their length."""

from __future__ import annotations

import unicodedata

_UNFIT = {"Cc", "Cs"}  # control characters and lone surrogates: databases reject some


def one_line(text: str, longest: int, name: str) -> str:
    """Collapse white space to one line; raises ValueError with a message if too long."""
    return _bounded(" ".join(_clean(text, "").split()), longest, name)


def paragraphs(text: str, longest: int, name: str) -> str:
    """Keep line breaks, trim lines; raises ValueError with a message if too long."""
    lines = _clean(text.replace("\r\n", "\n").replace("\r", "\n"), "\n").split("\n")
    return _bounded("\n".join(line.rstrip() for line in lines).strip("\n"), longest, name)


def _clean(text: str, kept: str) -> str:
    return "".join(c if c in kept or unicodedata.category(c) not in _UNFIT else " " for c in text)


def _bounded(text: str, longest: int, name: str) -> str:
    if len(text) > longest:
        raise ValueError(f"Keep the {name} to {longest} characters; it has {len(text)}.")
    return text
