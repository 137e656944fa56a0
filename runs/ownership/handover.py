"""Removes accounts: deactivates one, or hands over all its belongings and deletes it.

Runs and uploads cannot exist without a user, so an account that has any is never just deleted.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F

from accounts import audit
from accounts.models import LoginLink
from accounts.sessions import active_sessions
from core import refusals
from projects import members
from projects.models import InProject
from projects.models.project import private_project
from runs import owners
from runs.models import Preset, Run, Upload
from runs.owners import UserRelation

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet

NAME_LENGTH = 80  # of a preset


class Refused(refusals.Refused):
    """Nothing was changed; the message says why."""


class Belongings(NamedTuple):
    """How many rows of one kind a user has."""

    label: str
    number: int


def relations() -> list[UserRelation]:
    """Return each relation to a user whose rows are handed over, of all apps."""
    return [relation for owner in owners.registered() for relation in owner.handed_over()]


def belongings(person: User) -> list[Belongings]:
    """Return how many rows would be handed over, by kind."""
    return [Belongings(relation.label, _of(relation, person).count()) for relation in relations()]


def deactivate(person: User, by: User) -> None:
    """Keep the account and its belongings, but end its sessions and prevent logins."""
    _require_another(person, by)
    with transaction.atomic():
        User.objects.filter(pk=person.pk).update(is_active=False)
        LoginLink.objects.filter(user=person).delete()
        audit.record(by, "deactivated", [person])
        active_sessions.end_others(person, None)


def pass_on(person: User, to: User, by: User) -> list[Belongings]:
    """Hand over all belongings to another user and delete the account; returns their numbers.

    What lives in shared projects stays in them, the rest goes into the other's private one.

    One transaction: either all of it is handed over, or nothing changes.
    """
    _require_another(person, by)
    if to.pk == person.pk or not to.is_active:
        raise Refused("Choose somebody else, whose account is active.")
    with transaction.atomic():
        locked = User.objects.select_for_update().filter(pk__in=[person.pk, to.pk]).order_by("pk")
        if len(locked) != len({person.pk, to.pk}):
            raise Refused("One of the two accounts is gone meanwhile.")
        active_sessions.end_others(person, None)
        passed = belongings(person)
        _resolve_conflicts(person, to)
        members.pass_on(person, to, by)
        private = private_project(person)
        for relation in relations():
            rows = _of(relation, person)
            if issubclass(relation.model, InProject):
                rows.filter(project=private).update(project=private_project(to))
            rows.update(**{relation.field: to})
        Run.objects.filter(user=to).unfinished().update(version=F("version") + 1)
        summary = ", ".join(f"{part.number} {part.label}" for part in passed if part.number)
        audit.record(by, "removed", [person], f"{to.get_username()} got {summary or 'nothing'}")
        person.delete()
    return passed


def _require_another(person: User, by: User) -> None:
    if person.pk == by.pk:
        raise Refused("This is your own account. Ask another admin to remove it.")
    others = User.objects.filter(is_superuser=True, is_active=True).exclude(pk=person.pk)
    if person.is_superuser and not others.exists():
        raise Refused("This is the only superuser. Make somebody else one first.")


def _of(relation: UserRelation, person: User) -> QuerySet[Model]:
    return relation.model._default_manager.filter(**{relation.field: person})


def _resolve_conflicts(person: User, to: User) -> None:
    """Rename what would violate a unique constraint: form tokens, upload digests, preset names."""
    for relation in relations():
        model = relation.model
        if any(field.name == "form_token" for field in model._meta.get_fields()):
            used_tokens = _of(relation, to).values("form_token")
            for pk in _of(relation, person).filter(form_token__in=used_tokens).values_list("pk"):
                model._default_manager.filter(pk=pk[0]).update(form_token=f"passed-{pk[0]}")
    # Both uploads stay, since runs refer to each by its own address; a digest is unique per user.
    contents = Upload.objects.filter(user=to).values("digest")
    for upload in Upload.objects.filter(user=person, digest__in=contents):
        digest = hashlib.sha256(f"{upload.digest} {upload.pk}".encode()).hexdigest()
        Upload.objects.filter(pk=upload.pk).update(digest=digest)
    for preset in Preset.objects.kept().filter(user=person):
        same = Preset.objects.kept().filter(user=to, endpoint_id=preset.endpoint_id)
        if same.filter(name=preset.name).exists():
            Preset.objects.filter(pk=preset.pk).update(name=_free_name(preset, person))


def _free_name(preset: Preset, person: User) -> str:
    """Return the preset's name with its former owner's name and its own key, which is unique."""
    mark = f" ({person.get_username()[:30]} {preset.pk})"
    return preset.name[: NAME_LENGTH - len(mark)] + mark
