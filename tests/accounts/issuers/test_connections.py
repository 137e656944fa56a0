"""Only the owner connects an account, the last way in stays, and no client secret is shown."""

import time
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client, RequestFactory
from django.views.debug import ExceptionReporter

from accounts.models import QueuedMail
from accounts.roles import Role, role_of
from accounts.sign_in.issuers import from_settings, pending
from config.logs import SECRETS
from tests.accounts.audit.audited import events
from tests.accounts.issuers.honest import variables
from tests.accounts.issuers.lying import SECRET
from tests.accounts.issuers.visitor import Visitor
from tests.accounts.second_factor.journeys import STEP, code_of, set_up_app

pytestmark = pytest.mark.django_db
CONNECTIONS = "/account/connections/"
PENDING = "/account/connections/pending/"
DISCONNECTION = "/account/connections/disconnection/"


@pytest.fixture
def ana() -> User:
    """An account with a password and an address."""
    return User.objects.create_user("ana", "ana@example.com", "pw-of-ana")


def log_in(visitor: Visitor, name: str = "ana", password: str = "pw-of-ana") -> Any:
    """Log in by password, and open the connections."""
    posted = {"login": name, "password": password, "next": CONNECTIONS}
    return visitor.client.post("/login/", posted, follow=True)


def text_of(page: Any) -> str:
    text: str = page.content.decode()
    return text


@pytest.mark.parametrize("is_confirmed", [True, False])
def test_account_with_the_address_is_connected_after_its_owner_has_logged_in(
    mock, visitor, ana, is_confirmed
):
    if is_confirmed:
        EmailAddress.objects.create(user=ana, email=ana.email, verified=True, primary=True)
    mock("c-1", email="Ana@example.com", email_verified=True)
    page = visitor.log_in("oidc", "c-1")
    assert page.status_code == 409
    assert f"next={CONNECTIONS}" in text_of(page)
    assert visitor.user_id is None
    assert not SocialAccount.objects.exists()

    log_in(visitor)
    assert not SocialAccount.objects.exists()
    visitor.client.post(PENDING)
    assert SocialAccount.objects.get().user == ana
    entry = events().get(event="connected an issuer to")
    assert (entry.actor, entry.detail) == (ana, "Acme, c-1")
    # A second press of the button does nothing.
    assert "That login can no longer be connected" in text_of(
        visitor.client.post(PENDING, follow=True)
    )

    other = Visitor(Client())
    other.log_in("oidc", "c-1")
    assert other.user_id == ana.pk
    assert User.objects.count() == 1


def test_waiting_login_is_for_nobody_else(mock, visitor, ana):
    """The next user of the browser is not offered this person's account."""
    User.objects.create_user("sam", "sam@example.com", "pw-of-sam")
    mock("c-2", email="ana@example.com", email_verified=True)
    visitor.log_in("oidc", "c-2")
    page = log_in(visitor, "sam", "pw-of-sam")
    assert "Do not connect" not in text_of(page)
    assert "That login can no longer be connected" in text_of(
        visitor.client.post(PENDING, follow=True)
    )
    assert not SocialAccount.objects.exists()


def test_unchecked_address_says_nothing_about_accounts(mock, visitor, ana):
    mock("c-3", email="ana@example.com", email_verified=False)
    page = visitor.log_in("oidc", "c-3")
    assert page.status_code == 403
    assert "has not confirmed your e-mail address" in text_of(page)


def test_waiting_login_can_be_forgotten_and_ends_by_itself(mock, visitor, ana, monkeypatch):
    mock("c-4", email="ana@example.com", email_verified=True)
    visitor.log_in("oidc", "c-4")
    log_in(visitor)
    visitor.client.post(PENDING, {"forget": "1"})
    assert not SocialAccount.objects.exists()
    visitor.client.post("/logout/")
    visitor.log_in("oidc", "c-4")
    log_in(visitor)
    later = time.time() + pending.LIFETIME_S
    monkeypatch.setattr(time, "time", lambda: later)
    assert "Do not connect" not in text_of(visitor.client.get(CONNECTIONS))
    visitor.client.post(PENDING)
    assert not SocialAccount.objects.exists()


def test_logged_in_person_connects_and_disconnects(mock, visitor, ana, settings):
    settings.EMAIL_URL, settings.PUBLIC_URL = "smtp://localhost", "https://vitrine.example"
    settings.ACCOUNT_EMAIL_NOTIFICATIONS = True
    mock("c-5", email="other@elsewhere.com", email_verified=True)
    log_in(visitor)
    page = visitor.log_in("oidc", "c-5", process="connect")
    assert page.redirect_chain == [(CONNECTIONS, 302)]
    account = SocialAccount.objects.get()
    assert account.user == ana
    assert QueuedMail.objects.get().to == "ana@example.com"
    ana.refresh_from_db()
    assert ana.email == "ana@example.com"
    visitor.client.post(DISCONNECTION, {"account": account.pk})
    assert not SocialAccount.objects.exists()
    assert events().filter(event="disconnected an issuer from").count() == 1
    assert QueuedMail.objects.count() == 2
    assert visitor.client.post(DISCONNECTION, {"account": account.pk}).status_code == 422


def test_connected_account_of_somebody_else_stays_theirs(mock, visitor, ana):
    mock("c-6", email="zoe@example.com", email_verified=True)
    Visitor(Client()).log_in("oidc", "c-6")
    zoe = SocialAccount.objects.get().user
    log_in(visitor)
    page = visitor.log_in("oidc", "c-6", process="connect")
    assert "Another account here has that Acme account" in text_of(page)
    posted = {"account": SocialAccount.objects.get().pk}
    assert visitor.client.post(DISCONNECTION, posted).status_code == 422
    assert SocialAccount.objects.get().user == zoe


def test_last_way_to_log_in_stays(mock, visitor, mock_url, configure):
    mock("c-8", email="zoe@example.com", email_verified=True)
    visitor.log_in("oidc", "c-8")
    account = SocialAccount.objects.get()
    assert visitor.client.post(DISCONNECTION, {"account": account.pk}).status_code == 422
    # A connection to an issuer that is no longer configured lets nobody in, so it may be removed.
    gone = SocialAccount.objects.create(
        user=account.user, provider="https://old.example.com", uid="9", extra_data={}
    )
    assert "old.example.com" in text_of(visitor.client.get(CONNECTIONS))
    assert visitor.client.post(DISCONNECTION, {"account": account.pk}).status_code == 422
    assert visitor.client.post(DISCONNECTION, {"account": gone.pk}).status_code == 302
    assert SocialAccount.objects.get() == account
    # A passkey is a way to log in too.
    Authenticator.objects.create(user=account.user, type="webauthn", data={"name": "Laptop"})
    assert visitor.client.post(DISCONNECTION, {"account": account.pk}).status_code == 302
    assert not SocialAccount.objects.exists()


def test_second_step_is_asked_for_after_an_issuer_too(mock, mock_url, configure, visitor):
    """The claims are applied after the second factor."""
    root = User.objects.create_superuser("root", is_staff=True)
    roles = {"OIDC_ROLE_CLAIM": "groups", "OIDC_ROLES": "it=curator"}
    configure(**variables(mock_url, **roles), SIGN_UP_DOMAINS="example.com")
    mock("c-12", email="zoe@example.com", email_verified=True, groups=[])
    visitor.log_in("oidc", "c-12")
    zoe = SocialAccount.objects.get().user
    secret = set_up_app(visitor.client)
    visitor.client.post("/logout/")
    mock("c-12", email="zoe@example.com", email_verified=True, groups=["it"])
    page = visitor.log_in("oidc", "c-12", next="/account/")
    assert page.redirect_chain[-1][0].startswith(STEP)
    assert visitor.user_id is None
    assert role_of(zoe) == Role.MEMBER
    page = visitor.client.post(STEP, {"code": code_of(secret)}, follow=True)
    assert page.redirect_chain[-1][0] == "/account/"
    assert visitor.user_id == zoe.pk != root.pk
    assert role_of(User.objects.get(pk=zoe.pk)) == Role.CURATOR


def test_who_lacks_the_second_step_connects_nothing(mock, visitor, ana, settings):
    log_in(visitor)
    settings.SECOND_FACTOR = "all"
    page = visitor.client.post("/login/with/oidc/", {"process": "connect"})
    assert page.status_code == 403


def test_old_login_has_to_be_renewed_before_connections_change(mock, visitor, ana, monkeypatch):
    log_in(visitor)
    later = time.time() + 16 * 60
    monkeypatch.setattr(time, "time", lambda: later)
    page = visitor.client.post("/login/with/oidc/", {"process": "connect"})
    assert page.status_code == 302
    assert page.headers["Location"].startswith("/login/again/")
    # A person without a password logs in again.
    ana.set_unusable_password()
    ana.save()
    visitor.client.force_login(ana)
    page = visitor.client.post("/login/with/oidc/", {"process": "connect"}, follow=True)
    assert page.redirect_chain[-1][0].startswith("/login/again/new/")


def test_who_is_logged_out_connects_nothing(mock, visitor):
    mock("c-9", email="zoe@example.com", email_verified=True)
    page = visitor.log_in("oidc", "c-9", process="connect")
    assert page.redirect_chain[-1][0].startswith("/login/")
    assert not SocialAccount.objects.exists()


def test_two_issuers_with_the_same_subject_are_two_people(mock, visitor, mock_url, configure):
    """A subject belongs to its issuer, however the settings number the issuers."""
    mock("c-10", email="zoe@example.com", email_verified=True)
    other = mock_url.replace("localhost", "127.0.0.1")
    numbered = {f"{name}_2": value for name, value in variables(mock_url).items()}
    configure(**variables(other, OIDC_NAME="Other"), **numbered, SIGN_UP_DOMAINS="example.com")
    visitor.log_in("oidc-2", "c-10")
    person = SocialAccount.objects.get(provider=mock_url).user
    swapped = Visitor(Client())
    page = swapped.log_in("oidc", "c-10")
    assert page.status_code == 409
    assert swapped.user_id is None
    # The same issuer with another number is still the same.
    configure(**variables(mock_url))
    again = Visitor(Client())
    again.log_in("oidc", "c-10")
    assert again.user_id == person.pk


def test_secret_is_on_no_page(mock, visitor):
    mock("s-1", email="ana@example.com", email_verified=True)
    visitor.log_in("oidc", "s-1")
    User.objects.update(is_staff=True, is_superuser=True)
    pages = ("/login/with/oidc/", "/account/", "/account/connections/", "/admin/", "/admin/status/")
    for address in pages:
        page = visitor.client.get(address)
        assert page.status_code == 200, address
        assert SECRET not in page.content.decode()
    page = Client().get("/login/")
    assert SECRET not in page.content.decode()


def test_applications_and_tokens_are_not_in_the_admin():
    assert not admin.site.is_registered(SocialApp)
    assert not admin.site.is_registered(SocialToken)


def test_secret_is_in_no_report_of_an_error(mock):
    (app,) = from_settings.apps()
    assert app.secret == SECRET
    assert SECRET not in repr(app)
    report = ExceptionReporter(RequestFactory().get("/"), None, None, None)
    assert SECRET not in report.get_traceback_text()
    assert SECRET not in report.get_traceback_html()


def test_log_hides_codes_and_states():
    line = '"GET /login/with/oidc/callback/?code=abc123&state=xyz789 HTTP/1.1" 302'
    assert SECRETS.sub(r"\1[hidden]", line) == (
        '"GET /login/with/oidc/callback/?code=[hidden]&state=[hidden] HTTP/1.1" 302'
    )
