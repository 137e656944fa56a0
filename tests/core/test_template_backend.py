"""A page's data is freed with its page."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.template import TemplateDoesNotExist, engines
from django.test import RequestFactory


class Row:
    """Something that a page shows."""

    def __str__(self) -> str:
        return "a row"


@pytest.fixture
def request_of_nobody(rf: RequestFactory) -> HttpRequest:
    request = rf.get("/")
    request.user = AnonymousUser()
    return request


def template(source: str) -> Any:
    return engines["django"].from_string(source)


@pytest.mark.parametrize(
    "source",
    [
        "{{ row }}",
        "{% with other=row %}{{ other }}{% endwith %}",
        "{% for one in rows %}{{ one }}{% endfor %}",
        '{% include inner with row=row %}{% include inner with row=row only %}{% firstof "" row %}',
    ],
)
def test_what_a_page_shows_is_freed_without_a_garbage_collection(
    source: str, request_of_nobody: HttpRequest
) -> None:
    row = Row()
    seen = weakref.ref(row)
    inner = template("{{ row }}")
    gc.collect()
    gc.disable()
    try:
        text = template(source).render(
            {"row": row, "rows": [row], "inner": inner}, request_of_nobody
        )
        assert "a row" in text
        del row
        assert seen() is None
    finally:
        gc.enable()


def test_a_missing_template_is_told_as_by_django(request_of_nobody: HttpRequest) -> None:
    with pytest.raises(TemplateDoesNotExist, match="nowhere"):
        template('{% extends "nowhere.html" %}').render({}, request_of_nobody)
    with pytest.raises(TemplateDoesNotExist) as raised:
        engines["django"].get_template("nowhere.html")
    assert raised.value.backend is engines["django"]
