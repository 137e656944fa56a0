"""Gives the people of before there were roles theirs; nobody loses a permission.

Superusers become admins, staff who curate curators, everybody else members. Staff who do not curate
keep their permissions, and are still staff.
"""

from typing import Any

from django.conf import settings
from django.db import migrations

CURATION = [
    ("catalog", "change_endpoint"),
    ("catalog", "add_collection"),
    ("catalog", "change_collection"),
    ("playground", "set_house_default"),
]


def give_roles(apps: Any, schema_editor: Any) -> None:
    group, user = apps.get_model("auth", "Group"), apps.get_model("auth", "User")
    permission = apps.get_model("auth", "Permission")
    named = {
        name: group.objects.get_or_create(name=name)[0].pk
        for name in ("member", "curator", "admin")
    }
    curators: set[int] = set()
    for app, codename in CURATION:
        found = permission.objects.filter(content_type__app_label=app, codename=codename)
        staff = user.objects.filter(is_staff=True)
        curators |= set(staff.filter(user_permissions__in=found).values_list("pk", flat=True))
        curators |= set(staff.filter(groups__permissions__in=found).values_list("pk", flat=True))
    memberships = user.groups.through
    rows = []
    for pk, is_superuser in user.objects.values_list("pk", "is_superuser"):
        role = "admin" if is_superuser else "curator" if pk in curators else "member"
        rows.append(memberships(user_id=pk, group_id=named[role]))
    memberships.objects.bulk_create(rows, batch_size=500, ignore_conflicts=True)
    # PostgreSQL alters no table whose foreign keys it has still to check.
    schema_editor.connection.check_constraints()


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [migrations.RunPython(give_roles, migrations.RunPython.noop)]
