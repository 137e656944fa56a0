"""A body that is larger than its view takes is refused before it is read."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import get_resolver, resolve

from config.body_limits import BY_TICKET, LARGE, SMALLER, LimitBodies
from core.http.errors import PostTooLarge
from core.http.posted_forms import SMALL_BYTES
from tests.people.accounts.routes import routes
from training.data import archives

pytestmark = pytest.mark.any_database
MB = 1 << 20


def take(path: str, size_bytes: int, user: Any) -> None:
    """Offer a body, which cannot be read, to the middleware."""
    request = RequestFactory().generic("POST", path, CONTENT_LENGTH=str(size_bytes))
    request.user, request.resolver_match = user, resolve(path)
    LimitBodies(lambda _: HttpResponse()).process_view(request, request.resolver_match.func)


@pytest.mark.parametrize(
    ("path", "most_bytes"),
    [
        ("/training/new/", archives.MAX_POST_MB * MB),
        ("/restorations/", 2100 * MB),
        ("/models/a/b/", 2100 * MB),
        ("/api/v1/runs", 2100 * MB),
        ("/login/", SMALL_BYTES),
        ("/account/name/", SMALL_BYTES),
        ("/api/v1/webhooks", SMALL_BYTES),
        ("/csp-reports/", SMALL_BYTES),
    ],
)
def test_a_body_is_refused_by_its_announced_length(path: str, most_bytes: int) -> None:
    take(path, most_bytes, User())
    with pytest.raises(PostTooLarge, match="is the most"):
        take(path, most_bytes + MB, User())
    take(path, SMALL_BYTES, AnonymousUser())
    for length in (SMALL_BYTES + 1, 10**30):
        with pytest.raises(PostTooLarge, match="256 KB is the most without a login"):
            take(path, length, AnonymousUser())


def test_every_view_of_large_bodies_exists() -> None:
    names = {route.name for route in routes(get_resolver("config.urls").url_patterns)}
    assert names >= LARGE | BY_TICKET
    assert SMALLER.keys() <= LARGE


def test_the_error_page_states_the_body_limit(member: Client, settings: Any) -> None:
    settings.POST_MAX_MB = 16
    body = {"file": io.BytesIO(bytes(17 * MB)), "name": "x"}
    response = member.post("/restorations/", body)
    assert response.status_code == 413
    assert "It has 17 MB; 16 MB is the most." in response.content.decode()
    response = Client().post("/api/v1/runs", b"[" * MB, content_type="application/json")
    assert "It has 1 MB; 256 KB is the most without a login." in response.json()["detail"]
