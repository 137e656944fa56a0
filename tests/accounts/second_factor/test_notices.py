"""Changes of a second factor are mailed and in the audit log; an admin can remove a factor."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client

from accounts import mail as mail_queue
from accounts.second_factor.reset import reset_second_factor
from tests.accounts.audit.audited import events
from tests.accounts.second_factor.journeys import (
    APP,
    CODES,
    PASSKEYS,
    STEP,
    add_passkey,
    at_localhost,
    kinds,
    log_in,
    recovery_codes,
    set_up_app,
)
from tests.conftest import grant


def acts() -> list[str]:
    """Return the entries of the audit log, oldest first."""
    entries = events()
    return [f"{e.actor_name} {e.event} {e.object_repr}: {e.detail}" for e in entries]


def mails() -> list[Any]:
    """Return the mails that the worker would send now."""
    mail_queue.send_due()
    return mail.outbox


@pytest.mark.usefixtures("sends_mail")
def test_each_change_is_mailed_and_recorded(here: Client, ana: User) -> None:
    set_up_app(here)
    add_passkey(here, "Desk")
    here.post(f"{CODES}new/")
    pk = Authenticator.objects.get(type="webauthn").pk
    here.post(f"{PASSKEYS}{pk}/removal/")
    here.post(f"{APP}removal/")
    assert acts() == [
        "ana added a second factor to ana: authenticator app",
        "ana added a second factor to ana: recovery codes",
        "ana added a second factor to ana: passkey “Desk”",
        "ana renewed the recovery codes of ana: ",
        "ana removed a second factor of ana: passkey “Desk”",
        "ana removed a second factor of ana: authenticator app",
        "ana removed a second factor of ana: recovery codes",
    ]
    assert len(mails()) == 5
    first = mail.outbox[0]
    assert first.to == ["ana@example.com"]
    assert "If it was not you, change your password at once" in first.body
    assert "From: 127.0.0.1, " in first.body
    assert "{" not in first.body


@pytest.mark.usefixtures("sends_mail")
def test_a_used_recovery_code_is_mailed_and_recorded(here: Client, ana: User) -> None:
    set_up_app(here)
    there = at_localhost()
    log_in(there)
    there.post(STEP, {"code": recovery_codes(here)[0]})
    assert acts()[-1] == "ana used a recovery code of ana: 9 left"
    assert "9 of them are left" in mails()[-1].body


def test_a_failed_step_is_logged_without_its_code(
    here: Client, ana: User, caplog: pytest.LogCaptureFixture
) -> None:
    set_up_app(here)
    there = at_localhost()
    log_in(there)
    there.post(STEP, {"code": "271828"})
    assert "second step of 'ana' from 127.0.0.1 failed" in caplog.text
    assert "271828" not in caplog.text


@pytest.mark.usefixtures("sends_mail")
def test_a_password_change_is_mailed(here: Client, ana: User) -> None:
    new = "a lighthouse at dusk"
    posted = {"oldpassword": "pw", "password1": new, "password2": new}
    assert here.post("/account/password/", posted).status_code == 302
    assert mails()[0].subject == "Your Vitrine password was changed"


@pytest.mark.usefixtures("sends_mail")
def test_an_admin_takes_a_factor_away(here: Client, ana: User) -> None:
    set_up_app(here)
    eva = User.objects.create_user("eva", password="pw")
    assert reset_second_factor(ana, eva) == 2
    assert not kinds(ana)
    assert here.get("/runs/").status_code == 302  # this ends the session
    assert acts()[-1] == "eva took the second factor of ana: authenticator app, recovery codes"
    assert "eva has removed the second step of your account" in mails()[-1].body
    there = at_localhost()
    assert log_in(there)["Location"] == "/runs/"
    assert reset_second_factor(ana, eva) == 0


def test_the_admins_action_takes_it_away(here: Client, ana: User) -> None:
    set_up_app(here)
    eva = User.objects.create_user("eva", password="pw")
    desk = Client()
    desk.force_login(eva)
    posted = {"action": "reset_second_factor", "_selected_action": [ana.pk]}
    grant(eva, "auth.view_user")
    desk.post("/admin/auth/user/", posted)
    assert "totp" in kinds(ana)
    grant(eva, "auth.change_user")
    page = desk.post("/admin/auth/user/", posted, follow=True).content.decode()
    assert "The second factor of 1 account is removed" in page
    assert not kinds(ana)


def test_the_admin_shows_no_secrets(ana: User) -> None:
    assert not admin.site.is_registered(Authenticator)
