"""A form posted by an anonymous visitor stores no row, and is restored after the login."""

import hashlib
import html
import re
import time
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse

from accounts.sign_in import local_owner, pending_form
from runs.models import Draft

pytestmark = pytest.mark.django_db
PAGE = "/models/fal-ai/flux/dev/"
# it cannot be compressed
LONG = " ".join(hashlib.sha256(bytes([n])).hexdigest() for n in range(200))


@pytest.fixture(autouse=True)
def flux(make_endpoint: Any, documents: dict[str, Any]) -> Any:
    return make_endpoint("fal-ai/flux/dev", documents["fal-ai/flux/dev"])


def held(response: Any) -> str:
    """Return the hidden field of a login page."""
    match = re.search(r'name="typed" value="([^"]*)"', response.content.decode())
    return html.unescape(match[1]) if match else ""


@pytest.mark.parametrize("headers", [{}, {"hx-request": "true"}])
@pytest.mark.parametrize(
    "path", [PAGE, reverse("playground:presets", args=["fal-ai/flux/dev"])], ids=["form", "preset"]
)
def test_anonymous_posts_store_no_rows(client, path, headers):
    for _ in range(4):
        for text in ("short", LONG, "x" * 120_000):
            posted = {"prompt": text, "arguments": text, "name": "n"}
            assert client.post(path, posted, headers=headers).status_code == 401
    assert not Session.objects.exists()
    assert not Draft.objects.exists()
    assert "vitrine_session_8000" not in client.cookies
    assert len(client.cookies["vitrine_typed_8000"].value) < 4096


def test_a_long_text_survives_a_wrong_password_and_the_login(client, user):
    page = client.post(PAGE, {"prompt": LONG})
    assert "vitrine_typed_8000" not in client.cookies  # too long for a cookie
    posted = {"login": "ana", "password": "wrong", "next": PAGE, "typed": held(page)}
    again = client.post("/login/", posted)
    assert held(again) == held(page) != ""
    there = client.post("/login/", posted | {"password": "pw"}, follow=True)
    text = there.content.decode()
    assert LONG in text
    assert "Here is what you typed" in text
    assert "typed" not in client.session


def test_a_short_text_survives_the_login_by_a_link(client):
    client.post(PAGE, {"prompt": "a fox"}, headers={"hx-request": "true"})
    client.post(f"/login/link/{local_owner.login_token(local_owner.get_or_create())}/")
    assert client.cookies["vitrine_typed_8000"].value == ""
    assert "a fox" in client.get(PAGE).content.decode()


def test_a_form_too_large_for_the_login_page_is_reported(client):
    page = client.post(PAGE, {"prompt": "x" * (1 << 21)})
    assert page.status_code == 413
    assert "256 KB is the most without a login" in page.content.decode()
    assert len(page.content) < 100_000


def test_an_old_or_unsigned_pending_form_is_ignored(client, user, monkeypatch):
    earlier = time.time() - pending_form.FIELD_LIFETIME_S - 1
    with monkeypatch.context() as past:
        past.setattr("django.core.signing.time.time", lambda: earlier)
        typed = pending_form.sign({"endpoint": "x"})
    for text in (typed, "a:b:c"):
        client.cookies["vitrine_typed_8000"] = text
        client.post("/login/", {"login": "ana", "password": "pw", "typed": text})
        assert "typed" not in client.session
        assert client.get(PAGE).status_code == 200
