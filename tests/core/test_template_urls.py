"""Addresses in templates: those without arguments are looked up once."""

from __future__ import annotations

import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.urls import NoReverseMatch

from core.template_urls import FixedURLNode


def render(source: str, **context: object) -> str:
    return Template(source).render(Context(context))


def test_an_address_without_arguments_is_looked_up_once() -> None:
    template = Template("{% url 'playground:runs' %}")
    (node,) = template.nodelist
    assert isinstance(node, FixedURLNode)
    assert template.render(Context()) == template.render(Context()) == "/runs/"


@pytest.mark.parametrize(
    ("source", "context"),
    [
        ("{% url 'playground:run' 'c4b1f5a0-0000-4000-8000-000000000000' %}", {}),
        ("{% url 'playground:run' pk=key %}", {"key": "c4b1f5a0-0000-4000-8000-000000000000"}),
        (
            "{% url name key %}",
            {"name": "playground:run", "key": "c4b1f5a0-0000-4000-8000-000000000000"},
        ),
        (
            "{% url 'playground:run' key as it %}{{ it }}",
            {"key": "c4b1f5a0-0000-4000-8000-000000000000"},
        ),
    ],
)
def test_one_with_arguments_is_djangos(source: str, context: dict[str, object]) -> None:
    assert render(source, **context) == "/runs/c4b1f5a0-0000-4000-8000-000000000000/"


def test_names_in_variables_and_stored_addresses_are_djangos() -> None:
    assert render("{% url name %}", name="playground:runs") == "/runs/"
    assert render("{% url 'nowhere' as it %}[{{ it }}]") == "[]"
    assert render("{% url 'playground:runs' as it %}[{{ it }}]") == "[/runs/]"


def test_mistakes_are_reported_as_django_reports_them() -> None:
    with pytest.raises(NoReverseMatch):
        render("{% url 'nowhere' %}")
    with pytest.raises(TemplateSyntaxError):
        Template("{% url %}")
