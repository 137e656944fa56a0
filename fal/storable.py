"""Text as every database takes it: without NUL, which PostgreSQL refuses, and lone surrogates."""

from __future__ import annotations

from typing import Any


def storable_text(text: str) -> str:
    """`text` without what JSON may say and a database refuses."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def storable(value: Any) -> Any:
    """The JSON `value` with each of its texts, keys too, made storable; tuples become lists."""
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, list | tuple):
        return [storable(item) for item in value]
    if isinstance(value, dict):
        return {storable(key): storable(item) for key, item in value.items()}
    return value
