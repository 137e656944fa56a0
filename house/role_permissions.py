"""The initial permissions of the groups of roles.

Each is given once: if an operator removes one from a group in `/admin/`, it stays removed, also
when a release adds new permissions. `GivenPermission` records the permissions that were given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Permission
from django.db import transaction

from accounts.roles import Role, group_of
from house.models import GivenPermission

# `app.codename`, with `*` for any text. Permissions of other releases may not exist.
DEFAULTS: Mapping[Role, Sequence[str]] = {
    Role.MEMBER: ("projects.add_project",),
    Role.CURATOR: (
        "projects.add_project",
        "catalog.view_endpoint",
        "catalog.change_endpoint",
        "catalog.*_collection",
        "catalog.view_note",
        "catalog.delete_note",
        "catalog.view_change",
        "catalog.view_favourite",
        "catalog.view_picture",
        "catalog.change_picture",
        "playground.view_preset",
        "playground.change_preset",
        "playground.delete_preset",
        "playground.set_house_default",
    ),
    Role.ADMIN: (
        "projects.*_project",
        "projects.change_house_rules",
        "accounts.view_auditentry",
        "auth.*_user",
        "auth.*_group",
        "api.*_token",
        *(f"catalog.*_{model}" for model in ("change", "collection", "endpoint", "favourite")),
        *(f"catalog.*_{model}" for model in ("note", "picture", "syncreport")),
        *(f"playground.*_{model}" for model in ("preset", "run", "upload", "worker")),
        "playground.set_house_default",
        "spending.change_budget",
        "sharing.see_all_shares",
    ),
}


def after_migrate(apps: Any = apps, **_: Any) -> None:
    """Receive `post_migrate` of the last app, after which all permissions exist.

    `apps` has the migrated models, because a database may be migrated only in part.
    """
    try:
        apps.get_model("people", "GivenPermission")
    except LookupError:
        return
    give_defaults()


def give_defaults() -> int:
    """Give each role's group the permissions that it was never given; idempotent.

    Returns the number of given permissions.
    """
    existing = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in Permission.objects.select_related("content_type")
    }
    number = 0
    with transaction.atomic():
        granted = set(GivenPermission.objects.values_list("role", "permission"))
        for role, patterns in DEFAULTS.items():
            names = {
                name
                for name in existing
                if any(fnmatchcase(name, pattern) for pattern in patterns)
                and (role.value, name) not in granted
            }
            group_of(role).permissions.add(*(existing[name] for name in names))
            rows = [GivenPermission(role=role.value, permission=name) for name in sorted(names)]
            number += len(GivenPermission.objects.bulk_create(rows, ignore_conflicts=True))
    return number
