"""Includes of a fixed template: looked up once, and rendered as Django's."""

from __future__ import annotations

from unittest import mock

import pytest
from django.template import Context, Engine, TemplateDoesNotExist, loader_tags

from core import template_includes

PARTS = {
    "plain.html": "[{{ a }}{{ b }}]",
    "self.html": "{{ a }}{% if a %}{% include 'self.html' with a='' %}{% endif %}",
    "folder/near.html": "{% include './far.html' %}",
    "folder/far.html": "far {{ a }}",
    "base.html": "<{% block middle %}{% endblock %}>",
    "page.html": "{% extends 'base.html' %}{% block middle %}{{ a }}{% endblock %}",
}
USES = (
    "{% include 'plain.html' %}{{ b }}",
    "{% include 'plain.html' with b=a %}{{ b }}",
    "{% include 'plain.html' with b=a only %}",
    "{% include 'plain.html' only %}",
    "{% for a in many %}{% include 'plain.html' with b=forloop.counter %}{% endfor %}",
    "{% include name %}",
    "{% include 'PLAIN.html'|lower %}",
    "{% include 'self.html' %}",
    "{% include 'folder/near.html' %}",
    "{% include 'page.html' %}{% include 'page.html' with a='2' %}",
)


def engine(*builtins: str) -> Engine:
    parts = ("django.template.loaders.locmem.Loader", PARTS)
    return Engine(
        builtins=[*Engine.default_builtins, *builtins],
        loaders=[("django.template.loaders.cached.Loader", [parts])],
    )


def render(source: str, *builtins: str) -> list[str]:
    """Render the same template twice, since the second rendering finds what the first kept."""
    made = engine(*builtins).from_string(source)
    values = ({"a": "1", "name": "plain.html", "many": "xy"}, {"a": "<", "name": "self.html"})
    return [made.render(Context(one)) for one in values]


@pytest.mark.parametrize("source", USES)
def test_it_renders_as_djangos_tag(source: str) -> None:
    assert render(source, template_includes.__name__) == render(source)


def test_a_fixed_template_is_looked_up_once() -> None:
    made = engine(template_includes.__name__)
    page = made.from_string("{% include 'plain.html' %}")
    assert page.render(Context({"a": 1})) == "[1]"
    with mock.patch.object(Engine, "find_template") as looked_up:
        assert page.render(Context({"a": 2})) == "[2]"
    looked_up.assert_not_called()


@pytest.mark.parametrize("name", ["'plain.html'", "name"])
def test_only_a_fixed_name_is_ours(name: str) -> None:
    page = engine(template_includes.__name__).from_string(f"{{% include {name} %}}")
    is_ours = isinstance(page.nodelist[0], template_includes.IncludeNode)
    assert is_ours is (name != "name")
    assert isinstance(page.nodelist[0], loader_tags.IncludeNode)


def test_a_missing_template_is_an_error_each_time() -> None:
    page = engine(template_includes.__name__).from_string("{% include 'none.html' %}")
    for _ in range(2):
        with pytest.raises(TemplateDoesNotExist, match=r"none\.html"):
            page.render(Context({}))
