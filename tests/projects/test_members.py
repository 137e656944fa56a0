"""Members join, leave and change roles, and there is always an active manager."""

from datetime import timedelta
from functools import partial
from unittest.mock import patch

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from core.refusals import Refused
from projects import current, members
from projects.models import Choice, Membership, Project
from projects.models.project import private_project
from tests.accounts.audit.audited import events
from tests.conftest import grant
from tests.projects.people import make_project, person
from tests.runs.at_once import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def ben(db: None) -> User:
    return person("ben")


@pytest.fixture
def fox(user: User, ben: User) -> Project:
    return make_project("Fox", ana="manager", ben="maker")


def roles_in(project: Project) -> dict[str, str]:
    return dict(Membership.objects.filter(project=project).values_list("user__username", "role"))


def test_a_manager_adds_somebody(user, stranger, fox):
    members.add(user, fox, stranger.pk, "viewer")
    assert roles_in(fox) == {"ana": "manager", "ben": "maker", "sam": "viewer"}
    with pytest.raises(Refused, match="sam is a member already: viewer"):
        members.add(user, fox, stranger.pk, "manager")


def test_only_active_accounts_are_added(user, stranger, fox):
    User.objects.filter(pk=stranger.pk).update(is_active=False)
    assert not members.candidates(fox).exists()
    for key in (stranger.pk, 0, 10**17):
        with pytest.raises(Refused, match="no active account"):
            members.add(user, fox, key, "viewer")


@pytest.mark.parametrize("role", ["maker", "viewer", None])
def test_nobody_but_managers_changes_members(user, stranger, fox, role):
    if role:
        Membership.objects.create(project=fox, user=stranger, role=role)
    before = roles_in(fox)
    for change in (
        lambda: members.add(stranger, fox, person("eva").pk, "manager"),
        lambda: members.change_role(stranger, fox, user.pk, "viewer", "manager"),
        lambda: members.remove(stranger, fox, user.pk),
    ):
        with pytest.raises(PermissionDenied, match="Ask ana"):
            change()
    assert roles_in(fox) == before


def test_a_private_project_has_no_other_members(user, ben):
    private = private_project(user)
    with pytest.raises(Refused, match="yours alone"):
        members.add(user, private, ben.pk, "viewer")
    with pytest.raises(Refused, match="yours alone"):
        members.leave(user, private)


def test_the_last_who_changes_a_role_wins_and_is_told(user, ben, fox):
    assert members.change_role(user, fox, ben.pk, "viewer", "maker") == "ben is now a viewer."
    sentence = members.change_role(user, fox, ben.pk, "manager", "maker")
    assert sentence.startswith("ben is now a manager. Somebody else had made them a viewer")
    members.remove(user, fox, ben.pk)
    with pytest.raises(Refused, match="no longer a member"):
        members.change_role(user, fox, ben.pk, "viewer", "manager")


@pytest.mark.both_databases
def test_the_last_manager_stays(user, ben, fox):
    for change in (
        lambda: members.leave(user, fox),
        lambda: members.remove(user, fox, user.pk),
        lambda: members.change_role(user, fox, user.pk, "maker", "manager"),
    ):
        with pytest.raises(Refused, match="Make somebody else a manager first"):
            change()
    members.change_role(user, fox, ben.pk, "manager", "maker")
    User.objects.filter(pk=ben.pk).update(is_active=False)  # an inactive manager is no help
    with pytest.raises(Refused, match="only manager"):
        members.leave(user, fox)
    User.objects.filter(pk=ben.pk).update(is_active=True)
    members.leave(user, fox)
    assert roles_in(fox) == {"ben": "manager"}


def test_a_removal_is_undone_within_a_day(user, ben, fox):
    current.choose(ben, fox)
    joined_at = Membership.objects.get(project=fox, user=ben).joined_at
    token = members.remove(user, fox, ben.pk).token()
    assert not Choice.objects.filter(user=ben).exists()
    member = members.restore(user, members.removal_of(token))
    member.refresh_from_db()
    assert (member.user, member.role, member.joined_at) == (ben, "maker", joined_at)
    members.remove(user, fox, ben.pk)
    later = (timezone.now() + timedelta(days=1, minutes=1)).timestamp()
    with (
        patch("django.core.signing.time.time", lambda: later),
        pytest.raises(Refused, match="for a day only"),
    ):
        members.restore(user, members.removal_of(token))
    with pytest.raises(Refused):
        members.restore(user, members.removal_of("nonsense"))


def test_each_change_is_in_the_log(user, ben, stranger, fox):
    members.add(user, fox, stranger.pk, "viewer")
    members.change_role(user, fox, stranger.pk, "maker", "viewer")
    members.restore(user, members.remove(user, fox, stranger.pk))
    members.leave(stranger, fox)
    entries = events()
    assert list(entries.values_list("actor_name", "event", "detail")) == [
        ("ana", "added a member to", "sam, viewer"),
        ("ana", "changed a role in", "sam: viewer to maker"),
        ("ana", "removed a member from", "sam, maker"),
        ("ana", "brought a member back to", "sam, maker"),
        ("sam", "left", "maker"),
    ]


def test_who_gets_an_account_s_work_manages_what_it_alone_managed(user, ben, stranger):
    alone = make_project("Alone", ana="manager", sam="viewer")
    together = make_project("Together", ana="manager", ben="manager")
    members.pass_on(user, stranger, ben)
    assert roles_in(alone) == {"ana": "manager", "sam": "manager"}
    assert "sam" not in roles_in(together)


def test_admins_change_the_members_of_any_shared_project(user, stranger, fox):
    grant(stranger, "projects.change_project")
    admin = User.objects.get(pk=stranger.pk)
    members.add(admin, fox, admin.pk, "viewer")
    members.change_role(admin, fox, user.pk, "manager", "")
    with pytest.raises(Refused, match="ana is the only manager"):
        members.remove(admin, fox, user.pk)
    with pytest.raises(Refused, match="private project"):
        members.add(admin, private_project(user), admin.pk, "viewer")
    assert roles_in(fox) == {"ana": "manager", "ben": "maker", "sam": "viewer"}


def test_a_role_is_given_at_least(user, ben, stranger, fox):
    assert members.include(user, fox, stranger, "viewer")
    assert not members.include(user, fox, ben, "viewer")
    assert members.include(user, fox, ben, "manager")
    assert not members.include(user, fox, ben, "maker")
    assert roles_in(fox) == {"ana": "manager", "ben": "manager", "sam": "viewer"}
    with pytest.raises(PermissionDenied):
        members.include(stranger, fox, stranger, "manager")


def test_nobody_whose_account_is_closed_is_brought_back(user, ben, fox):
    token = members.remove(user, fox, ben.pk).token()
    User.objects.filter(pk=ben.pk).update(is_active=False)
    with pytest.raises(Refused, match="ben has left"):
        members.restore(user, members.removal_of(token))


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_of_two_managers_who_leave_at_once_one_stays():
    people = [person(name) for name in ("ada", "bob")]
    project = make_project("Fox", ada="manager", bob="manager")
    outcomes = at_once(*(partial(members.leave, manager, project) for manager in people))
    assert sorted(isinstance(outcome, Refused) for outcome in outcomes) == [False, True]
    assert list(roles_in(project).values()) == ["manager"]
