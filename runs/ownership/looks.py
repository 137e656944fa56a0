"""Opens private work for a day to an admin with a reason; logs it, and tells its user."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from accounts import permissions
from accounts.audit import trail
from projects.models import Look
from runs.ownership import moving
from runs.promises import keeping

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from projects.models import InProject
    from runs.promises.keeping import SelectedRows

LASTS = timedelta(hours=24)


def contents_of(row: InProject) -> SelectedRows:
    """Return what a look at the row opens: the row and the same user's rows that go along with it.

    Returns keys by model, only of models with a page to look at: a board with its runs, a flow with
    its runs and their steps' runs.
    """
    private_pages = {rows.model: rows for rows in keeping.private_pages().values()}
    visited: dict[type[InProject], set[object]] = {}
    newest: SelectedRows = {type(row): {row.pk}}
    while any(newest.values()):
        for kind, keys in newest.items():
            visited[kind] = visited.get(kind, set()) | keys
        newest = moving.beyond(visited, newest)
    return {
        kind: set(kind.objects.filter(pk__in=keys, user=row.user_id).values_list("pk", flat=True))
        for kind, keys in visited.items()
        if kind in private_pages
    }


def open_row(row: InProject, by: User, reason: str) -> Look:
    """Let `by` read the row for a day; the audit log has the reason. The caller notifies its user.

    What goes along with the row now is opened as well, what is added later is not. Raises
    PermissionDenied for users who may not see that the row exists.
    """
    if not permissions.may_see_runs(by):
        raise PermissionDenied("You may not look at other people's private work.")
    now = timezone.now()
    looks = [
        Look(kind=kind._meta.label_lower, row=pk, by=by, until=now + LASTS)
        for kind, keys in contents_of(row).items()
        for pk in keys
    ]
    with transaction.atomic():
        Look.objects.filter(until__lt=now).delete()
        Look.objects.bulk_create(
            looks,
            batch_size=500,
            update_conflicts=True,
            unique_fields=["row", "kind", "by"],
            update_fields=["until"],
        )
        trail.record(by, "looked at", [row], f"of {row.user.get_username()}, because: {reason}")
    return Look.objects.get(kind=row._meta.label_lower, row=row.pk, by=by)
