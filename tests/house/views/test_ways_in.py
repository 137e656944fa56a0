"""A person's page: their second factor, and the accounts elsewhere with which they log in."""

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.utils import timezone

from tests.accounts.audit.audited import events
from tests.conftest import grant
from tests.house.made import text_of
from tests.projects.people import logged_in

pytestmark = pytest.mark.django_db


def give_second_step(person: User) -> None:
    """Give the person an app that was used, a passkey and recovery codes."""
    now = timezone.now()
    make = Authenticator.objects.create
    make(user=person, type="totp", data={"secret": "s3cret"}, last_used_at=now)
    make(user=person, type="webauthn", data={"name": "Laptop", "credential": {"k": "cr3d"}})
    make(user=person, type="recovery_codes", data={"seed": "s33d", "used_mask": 0})


def test_second_step_is_shown_without_secrets_and_taken_away(admin, user, member):
    give_second_step(user)
    page = text_of(admin.get(f"/people/{user.pk}/"))
    for word in ("Authenticator app", "Passkey “Laptop”", "Recovery codes"):
        assert word in page
    for secret in ("s3cret", "cr3d", "s33d"):
        assert secret not in page
    admin.post(f"/people/{user.pk}/second-step/deletion/")
    assert not Authenticator.objects.filter(user=user).exists()
    assert member.get("/runs/").status_code == 302
    assert events().filter(event="took the second factor of", object_repr="ana").count() == 1


def test_nobody_takes_away_their_own_second_step_an_admins_or_a_superusers(admin, eva, user):
    give_second_step(eva)
    assert "Remove the second step" not in text_of(admin.get(f"/people/{eva.pk}/"))
    refused = admin.post(f"/people/{eva.pk}/second-step/deletion/", follow=True)
    assert "Change your own second step on your account page" in text_of(refused)
    boss = User.objects.create_superuser("boss")
    give_second_step(boss)
    refused = admin.post(f"/people/{boss.pk}/second-step/deletion/", follow=True)
    assert "Only a superuser" in text_of(refused)
    grant(user, "auth.change_user")
    helper = logged_in(User.objects.get(pk=user.pk))
    refused = helper.post(f"/people/{eva.pk}/second-step/deletion/", follow=True)
    assert "Only admins" in text_of(refused)
    assert Authenticator.objects.count() == 6
