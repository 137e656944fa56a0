"""Runs inside templates."""

from __future__ import annotations

from typing import Any

from django import template

from playground import history
from playground.models import Run

register = template.Library()


@register.inclusion_tag("playground/partials/_run_row.html")
def run_row(run: Run, oob: int = 0) -> dict[str, Any]:
    """The line of one run in a list."""
    return {"row": history.row(run), "oob": oob}
