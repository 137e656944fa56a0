"""Roles of the house: who has which; there is always an admin."""

from fnmatch import fnmatchcase

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import PermissionDenied

from accounts import permissions, roles
from accounts.roles import Role
from core.refusals import Refused
from house import role_permissions
from house.models import GivenPermission
from projects import creation
from tests.accounts.audit.audited import events
from tests.conftest import grant
from tests.house.made import make_admin, run_at_once

pytestmark = pytest.mark.django_db
CURATION = (permissions.CHANGE_ENDPOINT, permissions.HOUSE_DEFAULT)


def role(person: User) -> Role:
    return roles.role_of(User.objects.get(pk=person.pk))


def test_new_accounts_are_members_and_superusers_admins(user):
    boss = User.objects.create_superuser("boss")
    assert (role(user), role(boss)) == (Role.MEMBER, Role.ADMIN)
    assert list(user.groups.values_list("name", flat=True)) == ["member"]
    assert set(roles.admins()) == {boss}


def test_a_role_brings_its_permissions_and_another_takes_them_away(user):
    admin = make_admin("eva")
    may = {
        Role.MEMBER: (),
        Role.CURATOR: CURATION,
        Role.ADMIN: (*CURATION, permissions.CHANGE_USER, permissions.VIEW_RUN),
    }
    for wanted in (Role.CURATOR, Role.ADMIN, Role.MEMBER):
        roles.set_role(user, wanted, admin)
        person = User.objects.get(pk=user.pk)
        assert role(person) == wanted
        assert person.is_staff == (wanted != Role.MEMBER)
        assert person.has_perm(permissions.ADD_PROJECT)
        for permission in {name for names in may.values() for name in names}:
            assert permissions.may(person, permission) == (permission in may[wanted]), permission
    details = events().filter(event="changed the role of", object_repr="ana")
    assert sorted(details.values_list("detail", flat=True)) == [
        "admin to member",
        "curator to admin",
        "member to curator",
    ]


def test_staff_without_a_role_count_as_curators_with_their_own_permissions(user):
    grant(user, permissions.VIEW_WORKER)
    person = User.objects.get(pk=user.pk)
    assert role(person) == Role.CURATOR
    assert permissions.may(person, permissions.VIEW_WORKER)
    assert not permissions.may(person, permissions.CHANGE_ENDPOINT)


@pytest.mark.parametrize("wanted", [Role.MEMBER, Role.CURATOR])
def test_the_last_admin_stays(user, wanted):
    admin = make_admin("eva")
    with pytest.raises(Refused, match="You are the only admin"):
        roles.set_role(admin, wanted, admin)
    User.objects.create_superuser("closed", is_active=False)
    with pytest.raises(Refused, match="eva is the only admin"):
        roles.set_role(admin, wanted, None)
    roles.set_role(user, Role.ADMIN, admin)
    roles.set_role(admin, wanted, admin)
    assert (role(admin), role(user)) == (wanted, Role.ADMIN)


def test_nobody_but_admins_makes_or_unmakes_admins(user, stranger):
    admin = make_admin("eva")
    grant(user, permissions.CHANGE_USER)
    roles.set_role(stranger, Role.CURATOR, user)
    for person, wanted in ((user, Role.ADMIN), (stranger, Role.ADMIN), (admin, Role.MEMBER)):
        with pytest.raises(Refused, match=r"Only admins.* Ask eva"):
            roles.set_role(person, wanted, user)


def test_a_superuser_who_gets_another_role_is_none_any_more():
    admin, boss = make_admin("eva"), User.objects.create_superuser("boss")
    roles.set_role(boss, Role.CURATOR, admin)
    boss.refresh_from_db()
    assert (boss.is_superuser, boss.is_staff, role(boss)) == (False, True, Role.CURATOR)


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_own", [False, True], ids=["each other", "themselves"])
def test_of_two_admins_who_are_demoted_at_once_one_stays(is_own):
    eva, tom = make_admin("eva"), make_admin("tom")
    by_eva, by_tom = (eva, tom) if is_own else (tom, eva)
    outcomes = run_at_once(
        lambda: roles.set_role(by_eva, Role.MEMBER, eva),
        lambda: roles.set_role(by_tom, Role.MEMBER, tom),
    )
    assert [outcome.partition(":")[0] for outcome in outcomes] == ["done", "refused"]
    assert roles.admins().count() == 1


def test_what_an_operator_takes_from_a_role_stays_taken(user):
    add = Permission.objects.get(codename="add_project")
    Group.objects.get(name="member").permissions.remove(add)
    assert role_permissions.give_defaults() == 0
    person = User.objects.get(pk=user.pk)
    assert not person.has_perm(permissions.ADD_PROJECT)
    make_admin("eva")
    with pytest.raises(PermissionDenied, match="Ask eva to create one for you"):
        creation.create(person, name="Fox")


def test_a_new_permission_of_a_role_is_given_once():
    GivenPermission.objects.filter(permission="projects.add_project", role="member").delete()
    Group.objects.get(name="member").delete()
    assert role_permissions.give_defaults() == 1
    assert Group.objects.get(name="member").permissions.filter(codename="add_project").exists()


def test_every_pattern_of_the_defaults_names_a_permission():
    later = {"auditlog.view_logentry"}  # these exist only where django-auditlog is installed
    given = set(GivenPermission.objects.values_list("permission", flat=True))
    for patterns in role_permissions.DEFAULTS.values():
        for pattern in set(patterns) - later:
            assert any(fnmatchcase(name, pattern) for name in given), pattern
