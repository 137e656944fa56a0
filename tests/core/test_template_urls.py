"""Addresses in templates: each view's is looked up once, and reads as Django's."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from unittest import mock

import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.urls import NoReverseMatch, reverse
from hypothesis import given
from hypothesis import strategies as st

from core import template_urls

KEY = "c4b1f5a0-0000-4000-8000-000000000000"


def render(source: str, **context: object) -> str:
    return Template(source).render(Context(context))


def test_an_address_is_looked_up_once() -> None:
    template = Template(
        "{% url 'playground:runs' %} {% url 'playground:run' key %}"
        " {% url 'playground:artifact' key 3 %}"
    )
    expected = f"/runs/ /runs/{KEY}/ /runs/{KEY}/artifacts/3/"
    assert template.render(Context({"key": uuid.UUID(KEY)})) == expected
    with mock.patch.object(template_urls, "reverse") as looked_up:
        assert template.render(Context({"key": uuid.UUID(KEY)})) == expected
    looked_up.assert_not_called()


ARGUMENTS = st.one_of(
    st.uuids(), st.integers(), st.booleans(), st.text(max_size=8), st.just(KEY), st.none()
)


@given(
    name=st.sampled_from(
        ["playground:runs", "playground:run", "playground:artifact", "playground:upload", "no"]
    ),
    values=st.lists(ARGUMENTS, max_size=2),
)
def test_every_address_is_djangos(name: str, values: Sequence[object]) -> None:
    tag = f"{{% url '{name}' {' '.join(f'value{n}' for n in range(len(values)))} %}}"
    context = {f"value{n}": value for n, value in enumerate(values)}
    try:
        expected = reverse(name, args=values)
    except NoReverseMatch:
        with pytest.raises(NoReverseMatch):
            render(tag, **context)
    else:
        assert render("{% autoescape off %}" + tag + "{% endautoescape %}", **context) == expected


@pytest.mark.parametrize(
    ("source", "context"),
    [
        ("{% url 'playground:run' pk=key %}", {"key": KEY}),
        ("{% url name key %}", {"name": "playground:run", "key": KEY}),
        ("{% url 'playground:run' key as it %}{{ it }}", {"key": KEY}),
    ],
)
def test_one_with_named_arguments_is_djangos(source: str, context: dict[str, object]) -> None:
    assert render(source, **context) == f"/runs/{KEY}/"


def test_names_in_variables_and_stored_addresses_are_djangos() -> None:
    assert render("{% url name %}", name="playground:runs") == "/runs/"
    assert render("{% url 'nowhere' as it %}[{{ it }}]") == "[]"
    assert render("{% url 'playground:runs' as it %}[{{ it }}]") == "[/runs/]"


def test_mistakes_are_reported_as_django_reports_them() -> None:
    with pytest.raises(NoReverseMatch):
        render("{% url 'nowhere' %}")
    with pytest.raises(TemplateSyntaxError):
        Template("{% url %}")
