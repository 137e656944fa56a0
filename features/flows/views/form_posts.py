"""Parses posts of forms that do not belong to a single model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.http.posts import controls

if TYPE_CHECKING:
    from django.http import HttpRequest

Post = dict[str, list[str]]


def posted_fields(request: HttpRequest, marks: Sequence[str] = ()) -> Post:
    """Return the fields of a post, and the page's own controls whose name starts with a mark."""
    return {
        name: values
        for name, values in controls(request).items()
        if name[:1] != "~" or name.startswith(tuple(marks))
    }
