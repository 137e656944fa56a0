"""Django's template backend, with contexts that are freed as soon as their page is rendered.

A `Context` has dictionaries that refer back to it. So each page's data, with all its model objects,
stayed in memory until a garbage collection, which then had to be frequent.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.template import TemplateDoesNotExist
from django.template.backends import django as backend
from django.template.context import make_context
from django.utils.safestring import SafeString


class Template(backend.Template):
    """A template whose `render` leaves no cycle of references behind."""

    def render(
        self, context: dict[str, Any] | None = None, request: HttpRequest | None = None
    ) -> SafeString:
        """Render as Django's does, then empty the context."""
        made = make_context(context, request, autoescape=self.backend.engine.autoescape)
        try:
            return self.template.render(made)
        except TemplateDoesNotExist as error:
            backend.reraise(error, self.backend)
            raise
        finally:
            made.dicts.clear()


class Templates(backend.DjangoTemplates):
    """`DjangoTemplates` with our `Template`."""

    def from_string(self, template_code: str) -> Template:
        """Return a template of this source."""
        return Template(super().from_string(template_code).template, self)

    def get_template(self, template_name: str) -> Template:
        """Return a template by its name; raises TemplateDoesNotExist."""
        return Template(super().get_template(template_name).template, self)
