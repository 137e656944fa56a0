"""Whoever was invited joins by an issuer, with what the invitation gives."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from accounts import roles
from accounts.roles import Role
from people import invitations
from people.models import Invitation
from projects.models import Membership, Project
from tests.accounts.issuers.conftest import Tell
from tests.accounts.issuers.visitor import Visitor

pytestmark = pytest.mark.django_db


@pytest.fixture
def address() -> str:
    """Where an invitation for one person leads: a curator, who makes things in "Spring"."""
    boss = User.objects.create_superuser("boss", is_staff=True)
    project = Project.objects.create(slug="spring", name="Spring")
    Membership.objects.create(project=project, user=boss, role="manager")
    wanted = invitations.Wanted(Role.CURATOR, [(project, "maker")], "", days=7, max_uses=1)
    _, token = invitations.make(boss, wanted)
    return reverse("people:invitation", args=[token])


def text_of(page: Any) -> str:
    text: str = page.content.decode()
    return text


def test_invited_person_joins_by_an_issuer(mock: Tell, visitor: Visitor, address: str) -> None:
    mock("i-1", email="zoe@elsewhere.com", preferred_username="zoe")
    assert visitor.log_in("oidc", "i-1").status_code == 403
    assert "Continue with Acme" in text_of(visitor.client.get(address))
    page = visitor.log_in("oidc", "i-1", next=address)
    assert "Your account “zoe” is made." in text_of(page)
    assert page.redirect_chain[-1][0] == "/"
    zoe = User.objects.get(pk=visitor.user_id or 0)
    assert roles.role_of(zoe) == Role.CURATOR
    assert Membership.objects.get(user=zoe, project__slug="spring").role == "maker"
    assert Invitation.objects.get().uses == 1
    # It was for one person; nobody else gets in by it.
    mock("i-2", email="eve@elsewhere.com")
    other = Visitor(Client())
    other.client.get(address)
    assert other.log_in("oidc", "i-2", next=address).status_code == 403
    assert other.user_id is None
    # And who has joined logs in as ever.
    again = Visitor(Client())
    again.log_in("oidc", "i-1")
    assert again.user_id == zoe.pk


def test_invitation_that_ends_in_between_makes_no_account(
    mock: Tell, visitor: Visitor, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mock("i-3", email="zoe@elsewhere.com")
    visitor.client.get(address)
    accept = invitations.accept

    def withdraw_first(*args: Any) -> Any:
        Invitation.objects.update(uses=1)
        return accept(*args)

    monkeypatch.setattr(invitations, "accept", withdraw_first)
    page = visitor.log_in("oidc", "i-3", next=address)
    assert page.status_code == 403
    assert "You have no account here yet" in text_of(page)
    assert User.objects.count() == 1


def test_who_has_an_account_comes_back_to_the_invitation(
    mock: Tell, visitor: Visitor, address: str
) -> None:
    mock("i-4", email="ana@example.com", email_verified=True)
    Visitor(Client()).log_in("oidc", "i-4")
    visitor.client.get(address)
    page = visitor.log_in("oidc", "i-4", next=address)
    assert page.redirect_chain[-1][0] == address
    assert "You are logged in as" in text_of(page)
