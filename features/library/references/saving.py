"""Saves references; each change becomes a version."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from django.db import transaction
from django.utils import timezone

from core.formatting import counted
from features.library.models import Reference, ReferenceRun, ReferenceVersion
from features.library.models.reference import NameTaken
from runs.files import uploads
from schemas.uses.mentions import key_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from projects.models import Project

MAX_VERSIONS = 100  # of a reference; the oldest are deleted
SAME_SITTING = timedelta(minutes=10)  # changes within this time share one version


__all__ = ["NameTaken", "Values", "bring_back", "change", "create", "set_pictures"]


class Values(NamedTuple):
    """A reference's fields besides pictures; `features/library/references/form.py` checks them."""

    name: str
    kind: str = Reference.Kind.PRODUCT
    description: str = ""
    lora: str = ""


def create(
    user: User,
    project: Project,
    values: Values,
    pictures: Sequence[str] = (),
    *,
    is_hidden: bool = False,
) -> Reference:
    """Save a reference in a project. Raises Refused if the name is taken or there are too many."""
    with transaction.atomic():
        Reference.objects.require_free(user, project, values.name)
        Reference.objects.require_room(project)
        reference = Reference.objects.create(
            user=user,
            project=project,
            is_hidden=is_hidden,
            pictures=list(pictures),
            key=key_of(values.name),
            **values._asdict(),
        )
        _add_version(reference, user)
    uploads.show_with(reference, reference.pictures)
    return reference


def change(
    reference: Reference, values: Values, by: User, *, is_hidden: bool | None = None
) -> None:
    """Save a reference's values; None leaves `is_hidden` unchanged. Raises NameTaken."""
    with transaction.atomic():
        if key_of(values.name) != reference.key:
            Reference.objects.require_free(by, reference.project, values.name)
        locked = _locked(reference)
        for name, value in values._asdict().items():
            setattr(locked, name, value)
        locked.key = key_of(values.name)
        if is_hidden is not None:
            locked.is_hidden = is_hidden
        _save(locked, by)
    uploads.show_with(locked, locked.pictures)
    reference.refresh_from_db()


def set_pictures(reference: Reference, pictures: Sequence[str], by: User) -> None:
    """Give a reference these pictures, in this order."""
    with transaction.atomic():
        locked = _locked(reference)
        locked.pictures = list(dict.fromkeys(pictures))
        _save(locked, by)
    uploads.show_with(locked, locked.pictures)
    reference.refresh_from_db()


def bring_back(reference: Reference, version: ReferenceVersion, by: User) -> None:
    """Restore the contents of an earlier version as the newest version."""
    with transaction.atomic():
        locked = _locked(reference)
        locked.pictures, locked.lora = version.pictures, version.lora
        locked.description = version.description
        locked.save()
        _add_version(locked, by, f"as in version {version.number}")
    uploads.show_with(locked, locked.pictures)
    reference.refresh_from_db()


def _locked(reference: Reference) -> Reference:
    return (
        Reference.objects.select_for_update(of=("self",))
        .select_related("project")
        .get(pk=reference.pk)
    )


def _save(locked: Reference, by: User) -> None:
    """Save the row; a change that affects runs becomes a new version, or part of the newest."""
    newest = locked.versions.first()
    locked.save()
    if newest and not difference(newest, locked):
        return
    if newest and _is_same_sitting(newest, by):
        newest.delete()
    _add_version(locked, by)


def _is_same_sitting(newest: ReferenceVersion, by: User) -> bool:
    """Whether the newest version is recent, by the same person, and not used yet."""
    is_recent = newest.made_by_id == by.pk and newest.made_at > timezone.now() - SAME_SITTING
    uses = ReferenceRun.objects.filter(reference=newest.reference_id, version=newest.number)
    return is_recent and not uses.exists()


def _add_version(reference: Reference, by: User, change: str = "") -> None:
    versions = reference.versions.all()
    before = versions.first()
    versions.create(
        reference=reference,
        number=before.number + 1 if before else 1,
        pictures=reference.pictures,
        description=reference.description,
        lora=reference.lora,
        change=change or difference(before, reference) or "nothing",
        made_by=by,
    )
    oldest = list(versions.values_list("pk", flat=True)[MAX_VERSIONS:])
    versions.filter(pk__in=oldest).delete()


def difference(before: ReferenceVersion | None, now: Reference) -> str:
    """Return the changes since a version in words: `2 pictures added, description`."""
    if before is None:
        return counted(len(now.pictures), "picture") if now.pictures else "description"
    added = len(set(now.pictures) - set(before.pictures))
    removed = len(set(before.pictures) - set(now.pictures))
    parts = [
        f"{counted(added, 'picture')} added" if added else "",
        f"{counted(removed, 'picture')} removed" if removed else "",
        "other order" if not added and not removed and now.pictures != before.pictures else "",
        "description" if now.description != before.description else "",
        "LoRA" if now.lora != before.lora else "",
    ]
    return ", ".join(filter(None, parts))
