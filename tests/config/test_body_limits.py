"""A body larger than its view accepts is refused before it is read."""

import io
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import get_resolver, resolve

from config.body_limits import BY_TICKET, LARGE, LimitBodies
from core.http.posted_forms import SMALL_BYTES
from tests.accounts.routes import routes

pytestmark = pytest.mark.any_database
MB = 1 << 20


def refusal(path: str, size_bytes: int, user: Any, monkeypatch: pytest.MonkeyPatch) -> object:
    """Return why the middleware refuses an unreadable body, or None if it does not."""
    request = RequestFactory().generic("POST", path, CONTENT_LENGTH=str(size_bytes))
    request.user, request.resolver_match = user, resolve(path)
    monkeypatch.setattr("config.body_limits.too_large", lambda _, why: why)
    middleware = LimitBodies(lambda _: HttpResponse())
    return middleware.process_view(request, request.resolver_match.func)


@pytest.mark.parametrize(
    ("path", "most_bytes"),
    [
        ("/restorations/", 2100 * MB),
        ("/models/a/b/", 2100 * MB),
        ("/api/v1/runs", 2100 * MB),
        ("/login/", SMALL_BYTES),
        ("/account/name/", SMALL_BYTES),
        ("/api/v1/me", SMALL_BYTES),
        ("/csp-reports/", SMALL_BYTES),
    ],
)
def test_a_body_is_refused_by_its_announced_length(path, most_bytes, monkeypatch):
    def why(size_bytes: int, user: Any) -> str:
        return str(refusal(path, size_bytes, user, monkeypatch) or "")

    assert not why(most_bytes, User())
    assert "is the most" in why(most_bytes + MB, User())
    assert not why(SMALL_BYTES, AnonymousUser())
    for length in (SMALL_BYTES + 1, 10**30):
        assert "256 KB is the most without a login" in why(length, AnonymousUser())


def test_a_refusal_is_no_error_of_the_server(client, caplog):
    """A stranger filled the log with tracebacks, one for each post."""
    response = client.post("/login/", {"login": "x" * SMALL_BYTES})
    assert response.status_code == 413
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_every_view_of_large_bodies_exists():
    names = {route.name for route in routes(get_resolver("config.urls").url_patterns)}
    assert names >= LARGE | BY_TICKET


def test_the_error_page_states_the_body_limit(member, settings):
    settings.POST_MAX_MB = 16
    body = {"file": io.BytesIO(bytes(17 * MB)), "name": "x"}
    response = member.post("/restorations/", body)
    assert response.status_code == 413
    assert "It has 17 MB; 16 MB is the most." in response.content.decode()
    response = Client().post("/api/v1/runs", b"[" * MB, content_type="application/json")
    assert "It has 1 MB; 256 KB is the most without a login." in response.json()["detail"]
