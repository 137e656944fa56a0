"""Text that every database accepts: without NUL (PostgreSQL rejects it) and lone surrogates."""

from __future__ import annotations

from typing import Any


def db_safe_text(text: str) -> str:
    """`text` without NUL; lone surrogates become `?`."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def db_safe(value: Any) -> Any:
    """The JSON `value` with `db_safe_text` applied to every text and key; tuples become lists."""
    if isinstance(value, str):
        return db_safe_text(value)
    if isinstance(value, list | tuple):
        return [db_safe(item) for item in value]
    if isinstance(value, dict):
        return {db_safe(key): db_safe(item) for key, item in value.items()}
    return value
