"""The people of before there were roles keep what they may do."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import roles
from tests.conftest import grant

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


class Editor:
    """What the migration uses of a schema editor."""

    connection = connection


def test_the_migration_gives_everybody_a_role(user: User) -> None:
    User.objects.create_superuser("boss")
    curator, by_group, operator = (User.objects.create_user(name) for name in ("cas", "cis", "ops"))
    grant(curator, "catalog.change_endpoint")
    team = Group.objects.create(name="Design")
    team.permissions.add(Permission.objects.get(codename="change_collection"))
    grant(by_group)
    by_group.groups.add(team)
    grant(operator, "playground.view_worker")
    User.groups.through.objects.exclude(group=team).delete()
    migration = import_module("people.migrations.0002_existing_people")
    with CaptureQueriesContext(connection):
        migration.give_roles(apps, Editor)
    groups = {
        person.username: {group.name for group in person.groups.all()} - {"Design"}
        for person in User.objects.all()
    }
    assert groups == {
        "ana": {"member"}, "boss": {"admin"}, "cas": {"curator"}, "cis": {"curator"},
        "ops": {"member"},
    }  # fmt: skip
    operator = User.objects.get(username="ops")
    assert operator.has_perm("playground.view_worker")
    assert operator.is_staff
    assert roles.role_of(operator) == roles.Role.CURATOR
