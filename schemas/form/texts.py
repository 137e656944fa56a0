"""The text that a control shows for a value."""

from __future__ import annotations

from typing import Any, assert_never

from schemas.exact import dumps, identical
from schemas.fields import MISSING, Field
from schemas.numbers import is_number

_TOO_LARGE = 10**300  # browsers drop larger texts in number inputs


def control_text(field: Field, value: Any) -> str:
    """The text of a simple field's control for a value; empty if it cannot show the value."""
    if value is MISSING or (value is None and field.kind != "json"):
        return ""
    match field.kind:
        case "string":
            is_text = isinstance(value, str)
            return value.replace("\r\n", "\n").replace("\r", "\n") if is_text else ""
        case "choice" | "boolean":
            return next((o.key for o in field.options if identical(o.value, value)), "")
        case "integer" | "number":
            return dumps(value) if is_number(value) and abs(value) < _TOO_LARGE else ""
        case "json" | "object" | "map" | "list" | "tuple" | "union":
            return "" if value is None and field.default is None else dumps(value)
        case unknown:
            assert_never(unknown)
