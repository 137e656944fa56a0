"""Addresses that begin something in the project that the page shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template

from projects import current

if TYPE_CHECKING:
    from django.template import Context

register = template.Library()


@register.simple_tag(takes_context=True)
def in_project(context: Context) -> str:
    """Return `?project=<slug>` of the page's project, for the address of a form or a link."""
    project = context.get("project")
    project = project() if callable(project) else project
    return current.query(project) if project else ""
