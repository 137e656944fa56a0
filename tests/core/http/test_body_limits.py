"""A post that announces more than its view takes is refused before its body is read."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.test import Client, RequestFactory
from django.urls import resolve

from core.http.body_limits import PostTooLarge
from training.data import archives

pytestmark = pytest.mark.any_database
MB = 1 << 20


class Unread(io.RawIOBase):
    """A body of which nothing may be read."""

    def read(self, size: int = -1) -> bytes:
        raise AssertionError(f"{size} bytes of the body were read")


def post_of(path: str, size_bytes: int) -> WSGIRequest:
    environ: dict[str, Any] = RequestFactory().post(path).environ
    environ |= {"CONTENT_LENGTH": str(size_bytes), "wsgi.input": Unread()}
    request = WSGIRequest(environ)
    request.resolver_match = resolve(path)
    return request


@pytest.mark.parametrize(
    ("path", "most_mb"),
    [("/training/new/", archives.MAX_POST_MB), ("/restorations/", 2100)],
)
def test_a_post_is_refused_by_its_announced_length(path: str, most_mb: int) -> None:
    with pytest.raises(PostTooLarge, match=f"{most_mb:,} MB is the most"):
        post_of(path, most_mb * MB + 1).POST  # noqa: B018 - reading the form is what is tested
    with pytest.raises(AssertionError, match="of the body were read"):
        post_of(path, most_mb * MB).POST  # noqa: B018


def test_the_error_page_states_the_body_limit(member: Client, settings: Any) -> None:
    settings.POST_MAX_MB = 16
    body = {"file": io.BytesIO(bytes(17 * MB)), "name": "x"}
    response = member.post("/restorations/", body)
    assert response.status_code == 413
    assert "It has 17 MB; 16 MB is the most." in response.content.decode()
