"""Query strings for URLs that begin something in the page's project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template
from django.utils.http import urlencode

from projects import current

if TYPE_CHECKING:
    from django.template import Context

register = template.Library()


@register.simple_tag(takes_context=True)
def in_project(context: Context, **parameters: Any) -> str:
    """Return `?project=<slug>` of the page's project, for the URL of a form or a link.

    Other parameters come first: `{% in_project run=run.pk %}`. A fragment without a page has no
    project.
    """
    project = context.get("project")
    project = project() if callable(project) else project
    project_parameter = {current.PARAMETER: project.key} if project else {}
    query = urlencode(parameters | project_parameter)
    return f"?{query}" if query else ""
