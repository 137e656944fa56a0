"""Saves series: creates, renames, deletes and restores them."""

from __future__ import annotations

import unicodedata
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from accounts import audit
from fal.db_safe import db_safe_text
from library.models import Series
from library.models.series import MAX_NAME_CHARS
from library.selection import Refused
from projects import roles

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from library.models.series import SeriesQuerySet
    from projects.models import Project

KEPT_AFTER_DELETION = timedelta(days=1)
MAX_IN_PROJECT = 2000


def read_name(typed: str) -> str:
    """Return the name of a series that was typed, tidied and composed; raises Refused with why."""
    name = unicodedata.normalize("NFC", " ".join(db_safe_text(typed).split()))
    if not name:
        raise Refused("Give the series a name.")
    if len(name) > MAX_NAME_CHARS:
        raise Refused(f"Keep the name to {MAX_NAME_CHARS} characters.")
    return name


def create(user: User, project: Project, name: str, *, is_hidden: bool = False) -> Series:
    """Begin a series in a project; raises Refused if the project has too many."""
    long_ago = timezone.now() - KEPT_AFTER_DELETION
    Series.objects.filter(user=user, deleted_at__lt=long_ago).delete()
    if Series.objects.kept().filter(project=project).count() >= MAX_IN_PROJECT:
        raise Refused(
            f"“{project}” has {MAX_IN_PROJECT:,} series, which is the most. Delete some, or "
            "choose another project."
        )
    return Series.objects.create(user=user, project=project, name=name, is_hidden=is_hidden)


def changeable(user: User) -> SeriesQuerySet:
    """Return the series that results can be added to: of all projects where the user makes."""
    rows = Series.objects.kept().changeable_by(user)
    return rows.filter(project__archived_at=None).select_related("project")


def named(user: User, project: Project, name: str) -> Series:
    """Return the project's series of this name, whatever its case, or a new one.

    Raises PermissionDenied if the user makes nothing in the project, and Refused if it has too
    many.
    """
    roles.require_maker(user, project)
    there = changeable(user).filter(project=project).called(name).first()
    return there or create(user, project, name, is_hidden=project.hides_new_runs)


def rename(series: Series, name: str, *, is_hidden: bool | None = None) -> None:
    """Give a series another name; `is_hidden` is None where it stays as it is."""
    series.name = name
    if is_hidden is not None:
        series.is_hidden = is_hidden
    series.save(update_fields=["name", "is_hidden", "changed_at"])


def delete(series: Series, by: User) -> None:
    """Delete a series, not its results; it can be restored for a day."""
    series.deleted_at = timezone.now()
    with transaction.atomic():
        series.save(update_fields=["deleted_at"])
        audit.record(by, "deleted", [series])


def restore(series: Series, by: User) -> None:
    """Undo a deletion."""
    series.deleted_at = None
    with transaction.atomic():
        series.save(update_fields=["deleted_at"])
        audit.record(by, "restored", [series])
