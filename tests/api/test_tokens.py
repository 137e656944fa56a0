"""Tokens belong to a user, expire, are stored as digests, and can be revoked."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from api import tokens
from api.models import Token
from projects.models.project import private_project
from tests.projects.people import make_project

pytestmark = pytest.mark.django_db


def test_a_token_identifies_its_user_and_scopes(user):
    token, secret = tokens.create(user, " nightly  script ", ["run", "read"])
    authenticated = tokens.authenticate(secret)
    assert authenticated is not None
    assert (authenticated.user, authenticated.name, authenticated.scope_list) == (
        user,
        "nightly script",
        ["read", "run"],
    )
    assert authenticated.pk == token.pk


def test_the_database_does_not_contain_the_token(user):
    token, secret = tokens.create(user, "script")
    row = Token.objects.filter(pk=token.pk).values().get()
    assert secret not in str(row)
    assert secret.startswith(row["hint"])
    assert len(row["hint"]) < len(secret) / 3


@pytest.mark.parametrize("secret", ["", "nonsense", "vitrine_" + "x" * 43, "vitrine_" + "ü" * 43])
def test_an_unknown_token_is_invalid(user, secret):
    tokens.create(user, "script")
    assert tokens.authenticate(secret) is None


def _revoke(token: Token) -> None:
    tokens.revoke(None, token)


def _expire(token: Token) -> None:
    Token.objects.filter(pk=token.pk).update(expires_at=timezone.now())


def _deactivate(token: Token) -> None:
    User.objects.filter(pk=token.user_id).update(is_active=False)


@pytest.mark.parametrize("end", [_revoke, _expire, _deactivate])
def test_a_token_that_ended_is_invalid(user, end):
    token, secret = tokens.create(user, "script", days=1)
    assert tokens.authenticate(secret) is not None
    end(token)
    assert tokens.authenticate(secret) is None


def test_an_old_revocation_cannot_be_undone(user):
    token, secret = tokens.create(user, "script")
    token.revoked_at = timezone.now() - timedelta(hours=25)
    token.save()
    with pytest.raises(ValueError, match="too long ago"):
        tokens.restore(None, token)
    assert tokens.authenticate(secret) is None


def test_the_last_use_is_recorded_to_the_minute(user, django_assert_num_queries):
    token, secret = tokens.create(user, "script")
    tokens.authenticate(secret)
    token.refresh_from_db()
    assert token.last_used_at is not None
    with django_assert_num_queries(1):
        tokens.authenticate(secret)


@pytest.mark.parametrize(
    ("name", "scopes", "days", "reason"),
    [
        (" ", ["read"], None, "Give the token a name"),
        ("n" * 81, ["read"], None, "80 characters"),
        ("n", [], None, "at least one"),
        ("n", ["read", "write"], None, "at least one"),
        ("n", ["read"], 0, "1 to"),
        ("n", ["read"], 9999, "1 to"),
        ("taken", ["read"], None, "already"),
    ],
)
def test_invalid_token_settings_are_refused_with_a_reason(user, name, scopes, days, reason):
    tokens.create(user, "taken")
    with pytest.raises(ValueError, match=reason):
        tokens.create(user, name, scopes, days)


def test_the_command_prints_a_token(user, capsys):
    call_command("token", user.username, name="ci", scope="read,curate", days=7)
    authenticated = tokens.authenticate(capsys.readouterr().out.strip())
    assert authenticated is not None
    assert (authenticated.user, authenticated.name, authenticated.scope_list) == (
        user,
        "ci",
        ["read", "curate"],
    )


def test_the_command_reports_errors(user):
    with pytest.raises(CommandError, match="nobody named nobody"):
        call_command("token", "nobody")
    with pytest.raises(CommandError, match="at least one"):
        call_command("token", user.username, scope="everything")


def test_the_command_binds_a_token_to_a_project(user, capsys):
    acme = make_project("Acme", ana="viewer")
    for slug, project in (("acme", acme), ("private", private_project(user))):
        call_command("token", user.username, name=slug, project=slug)
        authenticated = tokens.authenticate(capsys.readouterr().out.strip())
        assert authenticated is not None
        assert authenticated.project == project
    make_project("Other")
    with pytest.raises(CommandError, match="ana is not a member of a project “other”"):
        call_command("token", user.username, name="x", project="other")


def test_an_admin_can_revoke_a_token(admin_client, user):
    token, secret = tokens.create(user, "nightly script")
    listed = admin_client.get(reverse("admin:api_token_changelist")).content.decode()
    assert "nightly script" in listed
    page = admin_client.get(reverse("admin:api_token_change", args=[token.pk])).content.decode()
    assert secret not in page
    assert token.digest not in page
    address = reverse("admin:api_token_delete", args=[token.pk])
    assert admin_client.post(address, {"post": "yes"}).status_code == 302
    assert tokens.authenticate(secret) is None


def test_an_admin_cannot_create_a_token(admin_client):
    assert admin_client.get(reverse("admin:api_token_add")).status_code == 403
