"""Finds the key in use for a project, and records on each run the key that sends it."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping

from django.db.models import Q

from core.db.prepared_queries import ParamList, PreparedQuery
from projects.models import Project
from runs.models import ProjectKey, Run

# One small query for each claim of a worker, so that a changed key applies to the very next run.
_IN_USE = PreparedQuery(
    lambda: (
        ProjectKey.objects.filter(
            project_id__in=ParamList("projects", Project._meta.pk), state=ProjectKey.State.ACTIVE
        )
        .order_by()
        .values_list("project_id", "pk")
    )
)


def key_of(project_id: int | None) -> int | None:
    """Return the primary key of the key in use for a project; None means the account's own key."""
    return dict(_IN_USE.all(projects=[project_id])).get(project_id) if project_id else None


def keys_by_project() -> dict[int, int]:
    """Return the primary keys of all keys in use, by project."""
    active = ProjectKey.objects.filter(state=ProjectKey.State.ACTIVE)
    return dict(active.order_by().values_list("project_id", "pk"))


def is_of(key: int | None, key_of: Mapping[int, int]) -> Q:
    """Return the condition for runs that a key sends, of these keys by project."""
    if key is None:
        return ~Q(project__in=list(key_of))
    return Q(project__in=[project for project, other in key_of.items() if other == key])


def note_troubles(troubles: Mapping[int | None, str]) -> None:
    """Save on each key what fal says against it; empty if fal accepts it again."""
    for key, trouble in troubles.items():
        if key is None:
            continue
        row = ProjectKey.objects.filter(pk=key)
        # A stored trouble may say more, such as that the key cannot be decrypted.
        (row.filter(trouble="") if trouble else row.exclude(trouble="")).update(trouble=trouble)


def note(runs: Collection[Run]) -> None:
    """Record on each run that is about to be sent the key that sends it."""
    projects = {run.project_id for run in runs if run.project_id}
    in_use = dict(_IN_USE.all(projects=projects)) if projects else {}
    runs_by_key: dict[int | None, list[uuid.UUID]] = defaultdict(list)
    for run in runs:
        if run.project_key_id != (key := in_use.get(run.project_id)):
            run.project_key_id = key
            runs_by_key[key].append(run.pk)
    for key, pks in runs_by_key.items():
        Run.objects.filter(pk__in=pks).update(project_key=key)
