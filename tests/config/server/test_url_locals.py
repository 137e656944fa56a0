"""The request's URL settings without a lock behave like Django's own thread-local ones."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.urls import (
    base,
    clear_script_prefix,
    get_script_prefix,
    reverse,
    set_script_prefix,
)

from config.server import url_locals


@pytest.fixture(autouse=True)
def installed() -> Iterator[None]:
    before = (base._prefixes, base._urlconfs)  # type: ignore[attr-defined]
    url_locals.install()
    yield
    base._prefixes, base._urlconfs = before  # type: ignore[attr-defined]


def test_a_prefix_is_set_read_and_cleared():
    assert (get_script_prefix(), reverse("library:runs")) == ("/", "/runs/")
    set_script_prefix("/below/")
    assert reverse("library:runs") == "/below/runs/"
    clear_script_prefix()
    clear_script_prefix()
    assert reverse("library:runs") == "/runs/"


def test_a_thread_sees_only_its_own_values():
    with ThreadPoolExecutor(1) as thread:
        thread.submit(set_script_prefix, "/below/").result()
        assert get_script_prefix() == "/"
        assert thread.submit(get_script_prefix).result() == "/below/"


def test_a_django_with_other_internals_is_reported(monkeypatch):
    monkeypatch.delattr(base, "_prefixes")
    with pytest.raises(AttributeError, match="_prefixes"):
        url_locals.install()
    monkeypatch.undo()
