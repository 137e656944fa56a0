"""Reads values that other programs wrote, which may be of any type."""

from __future__ import annotations

import json
import math
from typing import Any

from fal.db_safe import db_safe

MOST_SIDE = 1 << 16
MOST_SEED = 1 << 64


class Unreadable(ValueError):
    """A recipe that cannot be read; the message is shown to people."""


def as_json(text: str, subject: str) -> dict[str, Any]:
    """Return a JSON object; raises Unreadable, with `subject` in its message.

    ComfyUI writes NaN, which is not JSON: it counts as missing.
    """
    try:
        document = db_safe(json.loads(text, parse_constant=lambda _: None))
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"{subject} in this picture is damaged.") from error
    if not isinstance(document, dict):
        raise Unreadable(f"{subject} in this picture is damaged.")
    return document


def guidance(cfg: float | None, distilled: float | None) -> float | None:
    """Return what models call the guidance scale.

    A distilled model, such as Flux, has its own scale, next to a CFG of 1 without effect.
    """
    is_distilled = distilled is not None and cfg in {None, 1.0}
    return distilled if is_distilled or cfg is None else cfg


def clean_text(value: Any) -> str | None:
    """Return a text that is not empty, without characters that a database rejects; else None."""
    if not isinstance(value, str):
        return None
    return value.replace("\0", "").encode(errors="replace").decode().strip() or None


def integer(value: Any, most: int) -> int | None:
    """Return a whole number from 0 up to `most`, also if it is written as text; else None."""
    if isinstance(value, str) and value.strip().isascii() and len(value) <= 20:
        value = int(value) if value.strip().isdecimal() else None
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return value if is_whole and 0 <= value <= most else None


def number(value: Any) -> float | None:
    """Return a finite number from 0 on, also if it is written as text; else None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str) or len(str(value)) > 32:
        return None
    try:
        number_read = float(value)
    except ValueError:
        return None
    return number_read if math.isfinite(number_read) and number_read >= 0 else None


def size(width: Any, height: Any) -> dict[str, int] | None:
    """Return both sides of a picture in pixels; None unless both are known."""
    sides = integer(width, MOST_SIDE), integer(height, MOST_SIDE)
    return {"width": sides[0], "height": sides[1]} if sides[0] and sides[1] else None
