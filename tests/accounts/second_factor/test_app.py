"""The app and the recovery codes: set up, used once, throttled; changes are mailed and logged."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.models import User
from django.core import mail
from django.core.cache import cache
from django.test import Client

from accounts import mail as mail_queue
from accounts.limits import throttle
from accounts.second_factor import encryption
from accounts.second_factor.reset import reset_second_factor
from tests.accounts.audit.audited import events
from tests.accounts.second_factor.journeys import (
    APP,
    CODES,
    PASSKEYS,
    STEP,
    add_passkey,
    at_localhost,
    code_of,
    is_logged_in,
    kinds,
    log_in,
    recovery_codes,
    secret_of,
    set_up_app,
)
from tests.conftest import grant


def step(client: Client, code: str) -> Any:
    return client.post(STEP, {"code": code})


def test_an_app_is_set_up_with_its_first_code(here, ana):
    page = here.get(APP)
    assert "otpauth://totp/ana?secret=" in page.content.decode()
    secret = secret_of(page)
    wrong = here.post(APP, {"code": "12 34"})
    assert wrong.status_code == 422
    assert secret_of(wrong) == secret
    assert not kinds(ana)
    response = here.post(APP, {"code": code_of(secret)})
    assert response["Location"] == CODES
    assert kinds(ana) == {"totp", "recovery_codes"}


def test_the_database_holds_no_secret_in_the_clear(here, ana):
    secret = set_up_app(here)
    codes = recovery_codes(here)
    rows = str(list(Authenticator.objects.values()))
    assert secret not in rows
    assert not any(code in rows for code in codes)


@pytest.mark.both_databases
def test_secrets_move_to_a_new_key(here, ana, settings):
    secret = set_up_app(here)
    codes = recovery_codes(here)
    lost = Authenticator.objects.create(
        user=User.objects.create_user("sam"), type="totp", data={"secret": "gAAAAA"}
    )
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"
    assert encryption.encrypt_anew() == 2
    settings.SECRET_KEY_FALLBACKS = []
    lost.refresh_from_db()
    assert lost.data == {"secret": "gAAAAA"}
    for code in (code_of(secret), codes[0]):
        there = at_localhost()
        log_in(there)
        assert step(there, code).status_code == 302


def test_a_secret_whose_key_is_lost_opens_nothing(here, ana, settings):
    secret = set_up_app(here)
    settings.SECRET_KEY = "another"
    there = at_localhost()
    log_in(there)
    for code in (code_of(secret), code_of("A" * 32), code_of("")):
        assert step(there, code).status_code == 422
    assert not is_logged_in(there)


def test_a_login_asks_for_the_code_and_goes_on(here, ana):
    secret = set_up_app(here)
    there = at_localhost()
    assert log_in(there, to="/series/")["Location"] == STEP
    assert not is_logged_in(there)
    assert there.get("/runs/")["Location"] == "/login/?next=/runs/"
    assert step(there, "000 000").status_code == 422
    assert not is_logged_in(there)
    assert step(there, code_of(secret))["Location"] == "/series/"
    assert is_logged_in(there)


@pytest.mark.both_databases
def test_a_code_counts_once_in_all_processes(here, ana):
    secret = set_up_app(here)
    code = code_of(secret)
    for is_first in (True, False):
        cache.clear()  # as in another process
        there = at_localhost()
        log_in(there)
        spaced = code if is_first else f"{code[:3]} {code[3:]}"
        step(there, spaced)
        assert is_logged_in(there) == is_first


def test_the_step_is_only_for_those_who_gave_the_password(client, ana):
    assert client.get(STEP)["Location"] == "/login/"
    assert step(client, "123456")["Location"] == "/login/"


def test_a_recovery_code_logs_in_once(here, ana):
    set_up_app(here)
    code, *others = recovery_codes(here)
    assert len(others) == 9
    for is_first in (True, False):
        there = at_localhost()
        log_in(there)
        step(there, code)
        assert is_logged_in(there) == is_first
    assert recovery_codes(here) == others


def test_wrong_codes_wait_longer_and_longer_in_all_processes(here, ana):
    secret = set_up_app(here)
    there = at_localhost()
    log_in(there)
    free = throttle.RULES[throttle.PAIR].free
    codes = [step(there, "000000").status_code for _ in range(free + 1)]
    assert codes == [422] * free + [429]
    cache.clear()  # as in another process
    response = step(there, code_of(secret))
    assert response.status_code == 429
    assert 0 < int(response.headers["Retry-After"]) <= throttle.RULES[throttle.PAIR].first_wait_s
    assert not is_logged_in(there)


def test_wrong_codes_do_not_keep_the_owner_out_elsewhere(here, ana):
    secret = set_up_app(here)
    thief = Client(REMOTE_ADDR="203.0.113.7")
    log_in(thief)
    for _ in range(7):
        step(thief, "000000")
    assert step(thief, "000000").status_code == 429
    owner = at_localhost()
    log_in(owner)
    assert step(owner, code_of(secret)).status_code == 302


def test_what_was_typed_survives_the_second_step(here, ana, make_endpoint, documents):
    make_endpoint("fal-ai/flux/dev", documents["fal-ai/flux/dev"])
    secret = set_up_app(here)
    there = at_localhost()
    page = "/models/fal-ai/flux/dev/"
    there.post(page, {"prompt": "a fox"}, headers={"hx-request": "true"})
    log_in(there, to=page)
    step(there, code_of(secret))
    assert "a fox" in there.get(page).content.decode()


def acts() -> list[str]:
    """Return the entries of the audit log, oldest first."""
    entries = events()
    return [f"{e.actor_name} {e.event} {e.object_repr}: {e.detail}" for e in entries]


def mails() -> list[Any]:
    """Return the mails that the worker would send now."""
    mail_queue.send_due()
    return mail.outbox


@pytest.mark.usefixtures("sends_mail")
def test_each_change_is_mailed_and_recorded(here, ana):
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
def test_a_used_recovery_code_is_mailed_and_recorded(here, ana):
    set_up_app(here)
    there = at_localhost()
    log_in(there)
    there.post(STEP, {"code": recovery_codes(here)[0]})
    assert acts()[-1] == "ana used a recovery code of ana: 9 left"
    assert "9 of them are left" in mails()[-1].body


def test_a_failed_step_is_logged_without_its_code(here, ana, caplog):
    set_up_app(here)
    there = at_localhost()
    log_in(there)
    there.post(STEP, {"code": "271828"})
    assert "second step of 'ana' from 127.0.0.1 failed" in caplog.text
    assert "271828" not in caplog.text


@pytest.mark.usefixtures("sends_mail")
def test_a_password_change_is_mailed(here, ana):
    new = "a lighthouse at dusk"
    posted = {"oldpassword": "pw", "password1": new, "password2": new}
    assert here.post("/account/password/", posted).status_code == 302
    assert mails()[0].subject == "Your Vitrine password was changed"


@pytest.mark.usefixtures("sends_mail")
def test_an_admin_takes_a_factor_away(here, ana):
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


def test_the_admins_action_takes_it_away(here, ana):
    set_up_app(here)
    eva = User.objects.create_user("eva", password="pw")
    desk = Client()
    desk.force_login(eva)
    posted = {"action": "reset_second_factor", "_selected_action": [ana.pk]}
    grant(eva, "auth.view_user")
    desk.post("/admin/auth/user/", posted)
    assert "totp" in kinds(ana)
    grant(eva, "auth.change_user")
    desk.post("/admin/auth/user/", posted)
    assert not kinds(ana)


def test_the_admin_shows_no_secrets(ana):
    assert not admin.site.is_registered(Authenticator)


def test_a_secret_of_a_former_key_still_counts(here, ana, settings):
    secret = set_up_app(here)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"
    there = at_localhost()
    log_in(there)
    assert step(there, code_of(secret)).status_code == 302
