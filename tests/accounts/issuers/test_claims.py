"""Claims give a role in the house and projects, at each sign-in."""

from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import User
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from accounts import roles
from accounts.roles import Role
from accounts.sign_in.issuers.protocol import claims
from projects.models import Membership, Project
from tests.accounts.audit.audited import events
from tests.accounts.issuers.conftest import Configure, Tell
from tests.accounts.issuers.honest import variables
from tests.accounts.issuers.visitor import Visitor

ORDER = ("member", "curator", "admin")


@given(st.sampled_from(ORDER), st.sampled_from(("", *ORDER)), st.sampled_from(("", *ORDER)))
def test_claim_lowers_only_what_it_gave(current, wanted, before):
    role, given_now = claims.settle(current, wanted, before, ORDER)
    if current == before:
        assert (role, given_now) == (wanted, wanted)
    else:
        assert ORDER.index(role) >= ORDER.index(current)
        assert given_now in ("", role)
    # Repeating the same claim changes nothing.
    role = role or "member"
    assert claims.settle(role, wanted, given_now, ORDER)[0] in (role, wanted)


@pytest.mark.parametrize(
    ("said", "name", "values"),
    [
        ({"groups": ["a", "b"]}, "groups", ["a", "b"]),
        ({"groups": "a b"}, "groups", ["a b"]),
        ({"groups": ["a", 7, None, ["b"]]}, "groups", ["a"]),
        ({"groups": {"a": 1}}, "groups", []),
        ({}, "groups", []),
        ({"groups": ["a"]}, "", []),
        ({"realm_access": {"roles": ["a"]}}, "realm_access.roles", ["a"]),
        ({"realm_access": ["x"]}, "realm_access.roles", []),
        ({"https://acme.example/roles": ["a"]}, "https://acme.example/roles", ["a"]),
        ({"_claim_names": {"groups": "src1"}}, "groups", None),
        ({"groups": ["a\x00b"]}, "groups", ["ab"]),
    ],
)
def test_values_of_a_claim(said, name, values):
    assert claims.values(said, name) == values


class Acme:
    """An issuer whose claims give roles and projects."""

    def __init__(self, tell: Tell) -> None:
        self.tell = tell

    def sign_in(self, **said: Any) -> User:
        """Log in with these claims; return the account."""
        self.tell("g-1", email="ana@example.com", email_verified=True, **said)
        visitor = Visitor(Client())
        visitor.log_in("oidc", "g-1")
        return User.objects.get(pk=visitor.user_id or 0)


@pytest.fixture
def acme(db: None, mock: Tell, mock_url: str, configure: Configure) -> Acme:
    """Groups of the issuer give a role and projects; the house has another admin."""
    User.objects.create_superuser("root")
    configure(
        **variables(
            mock_url,
            OIDC_ROLE_CLAIM="groups",
            OIDC_ROLES="it=admin, design=curator, all=member",
            OIDC_PROJECTS_CLAIM="groups",
            OIDC_PROJECTS='{"design": "spring:maker autumn:viewer", "leads": "spring:manager"}',
        ),
        SIGN_UP_DOMAINS="example.com",
    )
    return Acme(mock)


@pytest.fixture
def spring(db: None) -> Project:
    """A project with another manager."""
    project = Project.objects.create(slug="spring", name="Spring")
    manager = User.objects.create_user("max")
    Membership.objects.create(project=project, user=manager, role="manager")
    return project


def role_in(project: Project, person: User) -> str:
    """Return the person's role in the project, or an empty text."""
    members = Membership.objects.filter(project=project, user=person)
    return members.values_list("role", flat=True).first() or ""


def test_role_follows_the_claim(acme):
    person = acme.sign_in(groups=["all", "design"])
    assert roles.role_of(person) == Role.CURATOR
    entry = events().get(event="changed the role of")
    assert (entry.actor_name, entry.detail) == ("sign-in by Acme", "member to curator")
    assert roles.role_of(acme.sign_in(groups=["it", "design"])) == Role.ADMIN
    assert roles.role_of(acme.sign_in(groups=["design"])) == Role.CURATOR
    assert roles.role_of(acme.sign_in(groups=["unknown"])) == Role.MEMBER
    assert roles.role_of(acme.sign_in(groups=["design"])) == Role.CURATOR
    assert roles.role_of(acme.sign_in()) == Role.MEMBER


def test_role_that_people_gave_is_only_raised(acme):
    person = acme.sign_in(groups=[])
    roles.set_role(person, Role.CURATOR, None)
    assert roles.role_of(acme.sign_in(groups=["all"])) == Role.CURATOR
    assert roles.role_of(acme.sign_in(groups=["it"])) == Role.ADMIN
    # A role that a person has set since is no longer the claim's.
    roles.set_role(person, Role.CURATOR, None)
    assert roles.role_of(acme.sign_in(groups=[])) == Role.CURATOR


def test_last_admin_is_never_demoted(acme):
    acme.sign_in(groups=["it"])
    User.objects.filter(username="root").update(is_active=False)
    assert roles.role_of(acme.sign_in(groups=[])) == Role.ADMIN
    User.objects.filter(username="root").update(is_active=True)
    assert roles.role_of(acme.sign_in(groups=[])) == Role.MEMBER


def test_projects_follow_the_claim(acme, spring, caplog):
    person = acme.sign_in(groups=["design"])
    assert role_in(spring, person) == "maker"
    assert "there is no project 'autumn'" in caplog.text
    assert role_in(spring, acme.sign_in(groups=["design", "leads"])) == "manager"
    assert role_in(spring, acme.sign_in(groups=["design"])) == "maker"
    assert role_in(spring, acme.sign_in(groups=[])) == ""
    details = events().filter(object_repr="Spring").values_list("detail", flat=True)
    assert [detail.partition(": ")[2] for detail in details.order_by("pk")] == [
        "no member to maker",
        "maker to manager",
        "manager to maker",
        "maker to no member",
    ]


def test_membership_that_people_gave_is_only_raised(acme, spring):
    person = acme.sign_in(groups=[])
    Membership.objects.create(project=spring, user=person, role="viewer")
    assert role_in(spring, acme.sign_in(groups=[])) == "viewer"
    assert role_in(spring, acme.sign_in(groups=["design"])) == "maker"
    Membership.objects.filter(user=person, project=spring).update(role="manager")
    assert role_in(spring, acme.sign_in(groups=["design"])) == "manager"
    assert role_in(spring, acme.sign_in(groups=[])) == "manager"


def test_last_manager_stays(acme, spring):
    acme.sign_in(groups=["leads"])
    Membership.objects.filter(project=spring, user__username="max").delete()
    assert role_in(spring, acme.sign_in(groups=[])) == "manager"
    heir = User.objects.create_user("eva")
    Membership.objects.create(project=spring, user=heir, role="manager")
    assert role_in(spring, acme.sign_in(groups=[])) == ""


def test_private_project_is_no_ones_to_give(acme, spring, mock_url, configure):
    private = Project.objects.get(person__username="max")
    configure(
        **variables(
            mock_url, OIDC_PROJECTS_CLAIM="groups", OIDC_PROJECTS=f"all={private.slug}:manager"
        ),
        SIGN_UP_DOMAINS="example.com",
    )
    assert role_in(private, acme.sign_in(groups=["all"])) == ""


def test_nothing_changes_while_the_issuer_cannot_tell(acme, spring):
    """Entra leaves groups out of the token of a person with too many groups."""
    acme.sign_in(groups=["it", "design"])
    person = acme.sign_in(_claim_names={"groups": "src1"}, _claim_sources={})
    assert roles.role_of(person) == Role.ADMIN
    assert role_in(spring, person) == "maker"
    assert roles.role_of(acme.sign_in(groups=[])) == Role.MEMBER


def test_claims_without_a_setting_give_nothing(mock, db):
    person = Acme(mock).sign_in(groups=["it"], role="admin", is_superuser=True)
    assert roles.role_of(person) == Role.MEMBER
    assert "given" not in SocialAccount.objects.get().extra_data
