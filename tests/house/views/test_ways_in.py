"""A person's page: their second factor, and the accounts elsewhere with which they log in."""

from typing import Any

import pytest
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.test import Client
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


def test_second_step_is_shown_without_secrets_and_taken_away(
    admin: Client, user: User, member: Client
) -> None:
    give_second_step(user)
    page = text_of(admin.get(f"/people/{user.pk}/"))
    section = page.partition('id="second-step"')[2].partition("</section>")[0]
    for word in ("Authenticator app", "Passkey “Laptop”", "Recovery codes", "never used"):
        assert word in section
    assert " used " in section.partition("Authenticator app")[2].partition("Passkey")[0]
    for secret in ("s3cret", "cr3d", "s33d"):
        assert secret not in page
    done = text_of(admin.post(f"/people/{user.pk}/second-step/deletion/", follow=True))
    assert "ana logs in without a second step next time. Their sessions are ended." in done
    assert "Remove the second step" not in done
    assert not Authenticator.objects.filter(user=user).exists()
    assert member.get("/runs/").status_code == 302
    assert events().filter(event="took the second factor of", object_repr="ana").count() == 1
    again = admin.post(f"/people/{user.pk}/second-step/deletion/", follow=True)
    assert "there was nothing to remove" in text_of(again)


def test_who_must_have_a_second_step_is_told_to_set_up_a_new_one(
    admin: Client, user: User, settings: Any
) -> None:
    eva = User.objects.get(username="eva")
    give_second_step(eva)
    give_second_step(user)
    settings.SECOND_FACTOR = "all"
    request = HttpRequest()
    request.session = admin.session
    record_authentication(request, eva, "mfa")  # as after a second factor of hers
    request.session.save()
    assert "asks to set up a new one" in text_of(admin.get(f"/people/{user.pk}/"))
    done = text_of(admin.post(f"/people/{user.pk}/second-step/deletion/", follow=True))
    assert "They set up a new one then." in done
    assert "Not set up yet: the next login asks for it." in done


def test_nobody_takes_away_their_own_second_step_an_admins_or_a_superusers(
    admin: Client, eva: User, user: User
) -> None:
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


def test_accounts_elsewhere_are_named(admin: Client, user: User) -> None:
    page = text_of(admin.get(f"/people/{user.pk}/"))
    assert "a password" in page.partition('id="issuers"')[2].partition("</section>")[0]
    User.objects.filter(pk=user.pk).update(password="!")
    page = text_of(admin.get(f"/people/{user.pk}/"))
    assert "No password, and no account elsewhere." in page
    extra = {"email": "ana@acme.example"}
    SocialAccount.objects.create(
        user=user, provider="https://id.acme.example", uid="1", extra_data=extra
    )
    page = text_of(admin.get(f"/people/{user.pk}/"))
    assert "<b>id.acme.example</b> <bdi>ana@acme.example</bdi>" in page
    assert "this server no longer offers it" in page
