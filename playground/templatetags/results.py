"""Template filters that show files by their kind; every template has them."""

from __future__ import annotations

from typing import Any

from django import template

from runs.file_kinds import kind_named

register = template.Library()


@register.filter
def result(kind: str, sizes: str) -> list[str]:
    """Return the templates that may show a result of a kind, the best first, for `{% include %}`.

    A kind has a folder in `templates/results/`; what it lacks of all `sizes` is that of `file`.
    """
    folders = dict.fromkeys((kind, "file"))
    return [f"results/{folder}/{size}.html" for folder in folders for size in sizes.split()]


@register.filter
def file_kind(kind: str, name: str) -> Any:
    """Return a value of a `FileKind`: `{% if one.kind|file_kind:"is_visual" %}`."""
    return getattr(kind_named(kind), name)
