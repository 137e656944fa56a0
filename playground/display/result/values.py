"""Words the fields and values of an input as the form does, choices by their labels."""

from __future__ import annotations

from typing import Any

from fal.db_safe import db_safe_text
from schemas import MISSING, Field, find
from schemas.changes.diff_lines import dotted
from schemas.exact import dumps
from schemas.fields.fitting import matching_option
from schemas.fields.paths import label_at
from schemas.form.decode import Path
from schemas.wording.labels import number, option

MAX_TEXT_CHARS = 20_000  # of a text
MAX_JSON_CHARS = 2000


def field_at(root: Field, path: Path) -> Field | None:
    """Return the field at a path; None if the model does not know it."""
    parent, field = find(root, path[:-1]), find(root, path)
    return None if path and field is parent else field


def label_of(path: Path, root: Field, field: Field | None) -> str:
    """Return the labels along a path; without a field the path itself."""
    if field is None:
        return dotted(tuple(str(part) for part in path))
    labels = [label_at(root, path[: end + 1]) for end in range(len(path))]
    return db_safe_text(": ".join(labels) or label_at(root, path))


def in_words(value: Any, field: Field | None) -> str:
    """Return a value as it is shown; a choice by its label; empty for MISSING."""
    if value is MISSING:
        return ""
    choice = matching_option(field, value) if field and field.options else None
    if choice is not None and not choice.branch:
        return choice.label
    if isinstance(value, str):
        return db_safe_text(value[:MAX_TEXT_CHARS])
    if isinstance(value, bool):
        return option(value)
    if isinstance(value, int | float):
        return number(value)
    text = dumps(value, indent=None)
    return db_safe_text(f"{text[:MAX_JSON_CHARS]}…" if len(text) > MAX_JSON_CHARS else text)
