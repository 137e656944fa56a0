"""The page of tokens shows a new token once, and can undo a revocation."""

import re

import pytest
from django.urls import reverse

from api import tokens
from api.models import Token
from tests.projects.people import make_project

pytestmark = pytest.mark.django_db
SECRET = re.compile(r"vitrine_[A-Za-z0-9_-]{43}")


def test_a_created_token_is_shown_once(member, user):
    values = {"name": "script", "scope": ["read"], "days": "30"}
    response = member.post(reverse("api:tokens"), values)
    (secret,) = set(SECRET.findall(response.content.decode()))
    authenticated = tokens.authenticate(secret)
    assert authenticated is not None
    assert authenticated.user == user
    assert "no-store" in response.headers["Cache-Control"]
    assert not SECRET.search(member.get(reverse("api:tokens")).content.decode())


def test_a_refused_form_keeps_its_values_and_shows_the_reason(member, user):
    tokens.create(user, "script")
    values = {"name": "script", "scope": ["curate"], "days": "365"}
    response = member.post(reverse("api:tokens"), values)
    page = response.content.decode()
    assert response.status_code == 422
    assert "You have a token “script” already" in page
    assert 'value="script"' in page
    assert re.search(r'value="curate"[^>]*\schecked', page)
    assert re.search(r'value="365"\s+selected', page)
    assert Token.objects.count() == 1


def test_a_revocation_can_be_undone(member, user):
    token, secret = tokens.create(user, "script")
    page = member.post(reverse("api:token-revocation", args=[token.pk]), follow=True)
    assert page.content.decode().count("The token is revoked") == 1
    assert "The token is revoked" in member.get(reverse("api:tokens")).content.decode()
    assert tokens.authenticate(secret) is None
    page = member.post(f"/undo/token/{token.pk}/", follow=True)
    assert "“script” is valid again" in page.content.decode()
    assert tokens.authenticate(secret) is not None


def test_a_token_of_somebody_else_is_not_listed(member, stranger):
    tokens.create(stranger, "theirs")
    assert "theirs" not in member.get(reverse("api:tokens")).content.decode()


def test_a_token_may_be_bound_to_a_project(member, user):
    acme, other = make_project("Acme", ana="maker"), make_project("Other", ben="maker")
    page = member.get(reverse("api:tokens")).content.decode()
    assert "All my projects" in page
    assert re.search(r'value="acme"\s*>\s*Acme', page)
    assert "Other" not in page
    values = {"name": "script", "scope": ["read"], "days": "30"}
    page = member.post(reverse("api:tokens"), values | {"project": "acme"}).content.decode()
    assert Token.objects.get().project == acme
    assert "only in “Acme”" in page
    refused = member.post(reverse("api:tokens"), values | {"project": other.slug, "name": "x"})
    assert refused.status_code == 422
    assert "not a member of this project" in refused.content.decode()
    acme.memberships.all().delete()
    assert "you have left its project" in member.get(reverse("api:tokens")).content.decode()
