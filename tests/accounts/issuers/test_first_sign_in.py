"""The first sign-in with an issuer makes an account if that is allowed; the next one finds it."""

from threading import Barrier
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from accounts import roles
from accounts.roles import Role
from accounts.sign_in import joining
from accounts.sign_in.adapter import AccountAdapter
from accounts.sign_in.issuers import connections, new_accounts
from house import invitations
from house.models import Invitation
from projects.models import Membership, Project
from tests.accounts.audit.audited import events
from tests.accounts.issuers.visitor import Visitor, query_of
from tests.runs.at_once import at_once

pytestmark = pytest.mark.django_db


def test_first_sign_in_makes_an_account_and_the_next_finds_it(mock, visitor):
    mock(
        "u-1",
        email="Ana@Example.com",
        email_verified=True,
        name="Ana Lima",
        preferred_username="ana.lima",
    )
    page = visitor.log_in("oidc", "u-1", next="/account/")
    assert page.status_code == 200
    assert page.redirect_chain == [("/account/", 302)]
    person = User.objects.get()
    assert visitor.user_id == person.pk
    assert (person.username, person.email) == ("ana.lima", "ana@example.com")
    assert (person.first_name, person.last_name) == ("Ana", "Lima")
    assert not person.has_usable_password()
    assert EmailAddress.objects.get().verified
    assert Project.objects.get(person=person)
    entry = events().filter(event="added").get()
    assert (entry.actor_name, entry.object_repr) == ("sign-in by Acme", "ana.lima")

    visitor.client.post("/logout/")
    assert visitor.user_id is None
    visitor.log_in("oidc", "u-1")
    assert visitor.user_id == person.pk
    assert User.objects.count() == SocialAccount.objects.count() == 1


def test_what_changes_at_the_issuer_changes_only_how_it_is_shown(mock, visitor):
    mock("u-2", email="ana@example.com", email_verified=True, name="Ana Lima")
    visitor.log_in("oidc", "u-2")
    before = User.objects.values("username", "email", "first_name", "last_name").get()
    mock("u-2", email="boss@example.com", email_verified=True, name="The Boss")
    visitor.client.post("/logout/")
    visitor.log_in("oidc", "u-2")
    assert User.objects.values("username", "email", "first_name", "last_name").get() == before
    assert EmailAddress.objects.get().email == "ana@example.com"
    assert "boss@example.com" in visitor.client.get("/account/connections/").content.decode()


def test_subject_and_not_name_or_address_says_who_it_is(mock, visitor):
    """A person who takes over a name and an address at the issuer gets another account, or none."""
    mock("u-3", email="ana@example.com", email_verified=True, preferred_username="ana")
    visitor.log_in("oidc", "u-3")
    mock("u-4", email="ana2@example.com", email_verified=True, preferred_username="ana")
    other = Visitor(Client())
    other.log_in("oidc", "u-4")
    assert other.user_id != visitor.user_id
    assert sorted(User.objects.values_list("username", flat=True)) == ["ana", "ana-2"]


@pytest.mark.parametrize(
    ("claims", "sentence"),
    [
        ({}, "Acme sent no e-mail address"),
        ({"email": "ana@example.com"}, "Acme has not confirmed your e-mail address"),
        ({"email": "ana@example.com", "email_verified": False}, "has not confirmed"),
        ({"email": "ana@example.com", "email_verified": "false"}, "has not confirmed"),
        ({"email": "ana@elsewhere.com", "email_verified": True}, "You have no account here yet"),
        ({"email": "ana@example.com.evil.com", "email_verified": True}, "no account here yet"),
        ({"email": "no address", "email_verified": True}, "Acme sent no e-mail address"),
    ],
)
def test_nobody_else_gets_an_account(mock, visitor, claims, sentence):
    mock("u-5", **claims)
    page = visitor.log_in("oidc", "u-5")
    assert page.status_code == 403
    assert sentence in page.content.decode()
    assert visitor.user_id is None
    assert not User.objects.exists()
    assert not SocialAccount.objects.exists()


def test_local_owners_name_is_never_given_to_others(mock, visitor):
    mock("u-7", email="o@example.com", email_verified=True, preferred_username="Owner")
    visitor.log_in("oidc", "u-7")
    assert User.objects.get().username == "owner-2"


def test_closed_account_says_so(mock, visitor):
    mock("u-8", email="ana@example.com", email_verified=True)
    visitor.log_in("oidc", "u-8")
    User.objects.update(is_active=False)
    again = Visitor(Client())
    page = again.log_in("oidc", "u-8")
    assert "This account is closed" in page.content.decode()
    assert again.user_id is None
    # Another login with the same address does not help either.
    mock("u-9", email="ana@example.com", email_verified=True)
    page = again.log_in("oidc", "u-9")
    assert page.status_code == 403
    assert "This account is closed" in page.content.decode()
    assert User.objects.count() == 1


def test_no_token_and_no_application_is_stored(mock, visitor):
    mock("u-10", email="ana@example.com", email_verified=True)
    visitor.log_in("oidc", "u-10")
    assert not SocialToken.objects.exists()
    assert not SocialApp.objects.exists()
    assert "access_token" not in str(dict(visitor.client.session))


def test_form_typed_before_the_login_is_kept(mock, visitor):
    """A posted form survives the login, also through an issuer."""
    from accounts.sign_in import pending_form

    mock("u-11", email="ana@example.com", email_verified=True)
    typed = pending_form.sign({"path": "/x/", "post": {"prompt": ["a fox"]}})
    visitor.log_in("oidc", "u-11", typed=typed)
    assert visitor.client.session[pending_form.SESSION_KEY]["post"] == {"prompt": ["a fox"]}


@pytest.fixture
def address() -> str:
    """An invitation's address for one person, as curator, and as maker in "Spring"."""
    boss = User.objects.create_superuser("boss", is_staff=True)
    project = Project.objects.create(slug="spring", name="Spring")
    Membership.objects.create(project=project, user=boss, role="manager")
    wanted = invitations.InvitationValues(
        Role.CURATOR, [(project, "maker")], "", days=7, max_uses=1
    )
    _, token = invitations.make(boss, wanted)
    return reverse("people:invitation", args=[token])


def text_of(page: Any) -> str:
    text: str = page.content.decode()
    return text


def test_invited_person_joins_by_an_issuer(mock, visitor, address):
    mock("i-1", email="zoe@elsewhere.com", preferred_username="zoe")
    assert visitor.log_in("oidc", "i-1").status_code == 403
    assert "Continue with Acme" in text_of(visitor.client.get(address))
    page = visitor.log_in("oidc", "i-1", next=address)
    assert "Your account “zoe” has been created." in text_of(page)
    assert page.redirect_chain[-1][0] == "/"
    zoe = User.objects.get(pk=visitor.user_id or 0)
    assert roles.role_of(zoe) == Role.CURATOR
    assert Membership.objects.get(user=zoe, project__slug="spring").role == "maker"
    assert Invitation.objects.get().uses == 1
    # The owner of an unverified address could have a new password sent to it.
    assert zoe.email == ""
    assert not EmailAddress.objects.filter(user=zoe).exists()
    # The invitation was for one person and admits nobody else.
    mock("i-2", email="eve@elsewhere.com")
    other = Visitor(Client())
    other.client.get(address)
    assert other.log_in("oidc", "i-2", next=address).status_code == 403
    assert other.user_id is None
    # The person who has joined can log in as usual.
    again = Visitor(Client())
    again.log_in("oidc", "i-1")
    assert again.user_id == zoe.pk


def test_invitation_that_ends_in_between_makes_no_account(mock, visitor, address, monkeypatch):
    mock("i-3", email="zoe@elsewhere.com")
    visitor.client.get(address)
    accept = invitations.accept

    def withdraw_first(*args: Any) -> Any:
        Invitation.objects.update(uses=1)
        return accept(*args)

    monkeypatch.setattr(joining, "accept", withdraw_first)
    page = visitor.log_in("oidc", "i-3", next=address)
    assert page.status_code == 403
    assert "You have no account here yet" in text_of(page)
    assert User.objects.count() == 1


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_two_first_sign_ins_at_once_make_one_account(liar, monkeypatch):
    both, create = Barrier(2), new_accounts.create

    def create_together(*args: Any) -> Any:
        both.wait(10)
        return create(*args)

    monkeypatch.setattr(new_accounts, "create", create_together)
    liar.nonce = "same"
    visitors = [Visitor(Client()), Visitor(Client())]
    states = []
    with monkeypatch.context() as patch:
        patch.setattr("accounts.sign_in.issuers.providers.secrets.token_urlsafe", lambda _: "same")
        states = [query_of(visitor.begin("oidc"))["state"] for visitor in visitors]

    def come_back(number: int) -> Any:
        return visitors[number].come_back("oidc", code="c", state=states[number])

    pages = at_once(lambda: come_back(0), lambda: come_back(1))
    assert sorted(page.status_code for page in pages) in ([200, 200], [200, 409])
    assert User.objects.count() == SocialAccount.objects.count() == 1
    late = next((page for page in pages if page.status_code == 409), None)
    assert late is None or "Two logins at once" in late.content.decode()
    monkeypatch.setattr(new_accounts, "create", create)
    again = Visitor(Client())
    query = query_of(again.begin("oidc"))
    liar.nonce = query["nonce"]
    again.come_back("oidc", code="c", state=query["state"])
    assert again.user_id == User.objects.get().pk


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_address_that_is_taken_while_an_account_is_made_makes_no_second_one(liar, monkeypatch):
    create = new_accounts.create

    def create_after_another(*args: Any) -> Any:
        User.objects.create_user("other", "ana@example.com")
        return create(*args)

    monkeypatch.setattr(new_accounts, "create", create_after_another)
    visitor = Visitor(Client())
    query = query_of(visitor.begin("oidc"))
    liar.nonce = query["nonce"]
    page = visitor.come_back("oidc", code="c", state=query["state"])
    assert page.status_code == 409
    assert "Two logins at once" in page.content.decode()
    assert User.objects.get().username == "other"


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_two_disconnections_at_once_leave_a_way_in(liar, monkeypatch):
    person = User.objects.create_user("ana")
    accounts = [
        SocialAccount.objects.create(user=person, provider=liar.url, uid=uid, extra_data={})
        for uid in ("1", "2")
    ]
    browsers = [Client(), Client()]
    for browser in browsers:
        browser.force_login(person)
    monkeypatch.setattr(connections, "require_recent_login", lambda request: None)
    monkeypatch.setattr(AccountAdapter, "is_reauthentication_required", lambda *_, **__: False)

    def disconnect(number: int) -> Any:
        posted = {"account": accounts[number].pk}
        return browsers[number].post("/account/connections/disconnection/", posted)

    pages = at_once(lambda: disconnect(0), lambda: disconnect(1))
    assert sorted(page.status_code for page in pages) == [302, 422]
    assert SocialAccount.objects.count() == 1
