"""Changes that managers make to a project: its settings, archiving and deletion."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from django.apps import apps
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet, RestrictedError
from django.utils import timezone

from accounts.audit import trail
from core.formatting import enumerated
from core.refusals import Refused
from projects.locking import locked_for
from projects.models import Choice, InProject, Project
from projects.models.project import private_project

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_DAYS = 3650


class Values(NamedTuple):
    """The settings of a project. A private project has no name or description."""

    name: str
    description: str
    hides_new_runs: bool
    retention_days: int | None
    files_days: int | None
    fal_keeps: str
    deputies_take_over: bool


SHARED_ONLY = ("name", "description", "hides_new_runs")


def values_of(project: Project) -> Values:
    """Return a project's present settings."""
    return Values(*(getattr(project, name) for name in Values._fields))


class Outdated(Exception):
    """Somebody else has saved other settings since the page was rendered; has the `project`."""

    def __init__(self, project: Project) -> None:
        super().__init__("the settings are not those that the page showed")
        self.project = project


def version_of(values: Values) -> str:
    """Return a digest of the settings that a page shows, to compare when they are saved."""
    return hashlib.sha256(repr(values).encode()).hexdigest()[:16]


def change(by: User, project: Project, values: Values, version: str = "") -> Project:
    """Change the settings; the slug stays, so that URLs do not change.

    `version` is the version of the settings that the page showed, if there was a page. Raises
    PermissionDenied, and Outdated if the settings have changed since.
    """
    with transaction.atomic():
        row = locked_for(by, project)
        before = values_of(row)
        if row.is_private:
            values = values._replace(**{name: getattr(before, name) for name in SHARED_ONLY})
        if version and version != version_of(before) and values != before:
            raise Outdated(row)
        new = values._asdict()
        changed_names = [name for name, value in before._asdict().items() if new[name] != value]
        for name in changed_names:
            setattr(row, name, new[name])
        row.save(update_fields=changed_names)
        if "name" in changed_names:
            trail.record(by, "renamed", [row], f"from {before.name}")
        other_changes = [f"{name}: {new[name]}" for name in changed_names if name != "name"]
        if other_changes:
            trail.record(by, "changed the settings of", [row], ", ".join(other_changes))
    return row


def archive(by: User, project: Project) -> None:
    """Archive the project: people can look at it, but nothing begins in it any more."""
    with transaction.atomic():
        row = locked_for(by, project)
        if row.is_private:
            raise Refused("Your private project cannot be archived.")
        Choice.objects.filter(membership__project=row).delete()
        if row.archived_at is None:
            row.archived_at = timezone.now()
            row.save(update_fields=["archived_at"])
            trail.record(by, "archived", [row])


def bring_back(by: User, project: Project) -> None:
    """End the archiving; idempotent."""
    with transaction.atomic():
        row = locked_for(by, project)
        if row.archived_at is not None:
            row.archived_at = None
            row.save(update_fields=["archived_at"])
            trail.record(by, "brought back", [row])


def delete(by: User, project: Project) -> None:
    """Delete an empty project; raises Refused if it has rows, saying which.

    Rows that are deleted but not yet purged, and uploads, move to their users' private projects. A
    deleted run can still be brought back there.
    """
    with transaction.atomic():
        row = locked_for(by, project)
        if row.is_private:
            raise Refused("Your private project cannot be deleted.")
        if living := list(_living(by, row)):
            raise Refused(
                f"“{row}” is not empty: {_join_parts(living)} in it. "
                "Move or delete what is there, or archive the project."
            )
        trail.record(by, "deleted", [row])
        for model in _models():
            _into_private_projects(model._default_manager.filter(project=row))
        try:
            row.delete()
        except RestrictedError:
            raise Refused(
                "Somebody has just started something in the project. Try again."
            ) from None


def _models() -> list[type[InProject]]:
    """Return the models whose rows live in projects; their apps must not be imported here."""
    return [model for model in apps.get_models() if issubclass(model, InProject)]


def _living(by: User, project: Project) -> Iterator[str]:
    """Yield the number of rows of each kind in the project, such as `2 boards`."""
    for model in _models():
        if model.goes_along:
            continue
        rows: QuerySet[Any] = model._default_manager.filter(project=project)
        if any(field.name == "deleted_at" for field in model._meta.get_fields()):
            rows = rows.filter(deleted_at=None)
        if not (number := rows.count()):
            continue
        names = model._meta.verbose_name if number == 1 else model._meta.verbose_name_plural
        hidden = rows.filter(~Q(user_id=by.pk), is_hidden=True).count()
        aside = f" ({hidden} shown to their authors only)" if hidden else ""
        yield f"{number} {names}{aside}"


def _join_parts(parts: Sequence[str]) -> str:
    is_one = len(parts) == 1 and parts[0].startswith("1 ")
    return f"{enumerated(parts)} {'lives' if is_one else 'live'}"


def _into_private_projects(rows: QuerySet[Any]) -> None:
    for person in User.objects.filter(pk__in=rows.order_by().values("user")):
        rows.filter(user=person).update(project=private_project(person))
