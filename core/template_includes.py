"""Django's `include` tag, except that a template with a fixed name is looked up once.

Django looks it up in each rendering. A run's fragment includes twenty templates, a page of cards
one for each card.
"""

from __future__ import annotations

from django import template
from django.template import loader_tags
from django.template.base import Parser, Token
from django.template.context import Context
from django.utils.safestring import SafeString

register = template.Library()


class IncludeNode(loader_tags.IncludeNode):
    """An include of a template with a fixed name, which the first rendering replaces by it."""

    def render(self, context: Context) -> SafeString:
        """Return the rendered template; raises TemplateDoesNotExist."""
        # Loaded here, not by the tag, so that a template can include itself.
        if isinstance(name := self.template.var, str):
            path = loader_tags.construct_relative_path(str(self.origin.template_name), name)
            engine = context.template.engine  # type: ignore[union-attr]  # it is being rendered
            self.template.var = engine.get_template(path)
        return super().render(context)


@register.tag
def include(parser: Parser, token: Token) -> template.Node:
    """Parse `{% include "run/_status.html" with oob=1 %}`; Django's tag if the name varies."""
    node = loader_tags.do_include(parser, token)
    is_fixed = isinstance(node.template.var, str) and not node.template.filters
    if not is_fixed:
        return node
    return IncludeNode(
        node.template, extra_context=node.extra_context, isolated_context=node.isolated_context
    )
