"""Hands over a user's rows to another user, and deletes accounts.

Runs and uploads need a user, so an account that has any cannot simply be deleted.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Q

from accounts import roles
from accounts.audit import trail
from accounts.sessions import active_sessions
from core.refusals import Refused
from projects import members
from projects.kept.models import kinds
from projects.models import InProject
from projects.models.project import private_project
from runs.models import Preset, Run, Upload
from runs.promises.keeping import Keeps, UserRelation
from runs.promises.registry import registered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import Model, QuerySet

NAME_LENGTH = 80  # of a preset
CHOOSE = "Choose somebody else who has an active account."


class Belongings(NamedTuple):
    """The number of a user's rows of one kind."""

    label: str
    number: int

    @property
    def summary(self) -> str:
        """Return "2 runs"; labels are plural, some in several words: `runs of flows`."""
        if self.number != 1:
            return f"{self.number} {self.label}"
        kind, of, group_name = self.label.partition(" of ")
        return f"1 {kind.removesuffix('s')}{of}{group_name}"


def relations() -> list[UserRelation]:
    """Return each relation to a user whose rows are handed over, from all apps."""
    links = [relation for owner in registered(Keeps) for relation in owner.handed_over()]
    return links + [UserRelation(str(kind._meta.verbose_name_plural), kind) for kind in kinds()]


def belongings(person: User) -> list[Belongings]:
    """Return the number of rows that would be handed over, by kind."""
    return [
        Belongings(relation.label, _rows_of(relation, person).count()) for relation in relations()
    ]


def private_belongings(person: User) -> list[Belongings]:
    """Return the number of private rows by kind; `hand_over_private` takes these."""
    return [Belongings(relation.label, rows.count()) for relation, rows in _private(person)]


def hand_over(person: User, to: User) -> list[Belongings]:
    """Give all belongings to another user in the caller's transaction; return their numbers.

    Rows in shared projects stay there, others move into `to`'s private project. Runs continue.
    """
    passed = belongings(person)
    private = private_project(person)
    _resolve_conflicts(person, to)
    for relation in relations():
        rows = _rows_of(relation, person)
        if issubclass(relation.model, InProject):
            rows.filter(project=private).update(project=private_project(to))
        rows.update(**{relation.field: to})
    _show_changed(to)
    return passed


def hand_over_private(person: User, to: User) -> list[Belongings]:
    """Give the person's private rows to another user in the caller's transaction.

    The person keeps what they made in shared projects.
    """
    passed = private_belongings(person)
    _resolve_conflicts(person, to, Q(project=private_project(person)))
    home = private_project(to)
    for relation, rows in _private(person):
        is_in_project = issubclass(relation.model, InProject)
        rows.update(**{relation.field: to}, **({"project": home} if is_in_project else {}))
    _show_changed(to)
    return passed


def hand_over_shared(person: User, to: User) -> list[Belongings]:
    """Give what others see to another user in the caller's transaction; return the numbers."""
    _resolve_conflicts(person, to, ~_seen_alone(person))
    passed = []
    for relation in relations():
        rows = _rows_of(relation, person)
        if issubclass(relation.model, InProject):
            rows = rows.exclude(_seen_alone(person))
        passed.append(Belongings(relation.label, rows.update(**{relation.field: to})))
    _show_changed(to)
    return passed


def alone(person: User) -> Iterator[tuple[UserRelation, QuerySet[Model]]]:
    """Yield the rows that nobody else sees, for each kind that lives in projects."""
    for relation in relations():
        if issubclass(relation.model, InProject):
            yield relation, _rows_of(relation, person).filter(_seen_alone(person))


def remove(person: User, to: User, by: User) -> list[Belongings]:
    """Hand over all belongings and the management of projects, then delete the account.

    In one transaction: either everything is handed over, or nothing changes. Raises Refused.
    """
    with transaction.atomic():
        require_may_end(person, by)
        lock_both(person, to)
        active_sessions.end_others(person, None)
        members.pass_on(person, to, by)
        passed = hand_over(person, to)
        summary = ", ".join(f"{part.number} {part.label}" for part in passed if part.number)
        trail.record(by, "removed", [person], f"{to.get_username()} got {summary or 'nothing'}")
        person.delete()
    return passed


def require_may_end(person: User, by: User) -> None:
    """Raise Refused if `by` may not end this account's access, or if no admin would be left.

    Locks the roles: call it in a transaction, before taking any other lock.
    """
    roles.lock()
    if person.pk == by.pk:
        roles.require_another_admin(person, by)
        raise Refused("This is your own account. Ask another admin to end it.")
    roles.require_may_act_on(person, by)
    roles.require_another_admin(person, by)


def lock_both(person: User, to: User) -> None:
    """Lock both accounts; raise Refused unless `to` is another account and active."""
    if to.pk == person.pk:
        raise Refused(CHOOSE)
    locked = User.objects.select_for_update().filter(pk__in=[person.pk, to.pk]).order_by("pk")
    accounts = {account.pk: account for account in locked}
    if len(accounts) != 2:
        raise Refused("One of the two accounts no longer exists.")
    if not accounts[to.pk].is_active:
        raise Refused(CHOOSE)


def _private(person: User) -> Iterator[tuple[UserRelation, QuerySet[Model]]]:
    """Yield the rows in the person's private project, and the rows without a project."""
    private = private_project(person)
    for relation in relations():
        rows = _rows_of(relation, person)
        if issubclass(relation.model, InProject):
            rows = rows.filter(project=private)
        yield relation, rows


def _seen_alone(person: User) -> Q:
    return Q(project=private_project(person)) | Q(is_hidden=True)


def _show_changed(to: User) -> None:
    Run.objects.filter(user=to).unfinished().update(version=F("version") + 1)


def _rows_of(relation: UserRelation, person: User) -> QuerySet[Model]:
    return relation.model._default_manager.filter(**{relation.field: person})


def _resolve_conflicts(person: User, to: User, rows: Q | None = None) -> None:
    """Rename what would violate a unique constraint: form tokens, upload digests, preset names.

    `rows` are those in projects that are handed over, by default all. The private ones change
    their project: an upload that `to` has in another project is no conflict.
    """
    rows = rows or Q()
    home = {private_project(person).pk: private_project(to).pk}
    for relation in relations():
        model = relation.model
        if any(field.name == "form_token" for field in model._meta.get_fields()):
            used_tokens = _rows_of(relation, to).values("form_token")
            clashing = _rows_of(relation, person).filter(rows, form_token__in=used_tokens)
            for (pk,) in clashing.values_list("pk"):
                model._default_manager.filter(pk=pk).update(form_token=f"passed-{pk}")
    # Both uploads stay: runs refer to each by its address. A digest is unique per user and project.
    theirs = Upload.objects.filter(user=to)
    same_content = Upload.objects.filter(rows, user=person, digest__in=theirs.values("digest"))
    for upload in same_content:
        project = home.get(upload.project_id, upload.project_id)
        if theirs.filter(project=project, digest=upload.digest).exists():
            digest = hashlib.sha256(f"{upload.digest} {upload.pk}".encode()).hexdigest()
            Upload.objects.filter(pk=upload.pk).update(digest=digest)
    for preset in Preset.objects.kept().filter(rows, user=person):
        project = home.get(preset.project_id, preset.project_id)
        same_presets = Preset.objects.kept().filter(
            user=to, project=project, endpoint_id=preset.endpoint_id, name=preset.name
        )
        if same_presets.exists():
            Preset.objects.filter(pk=preset.pk).update(name=_free_name(preset, person))


def _free_name(preset: Preset, person: User) -> str:
    """Return the preset's name with its former owner's name and its own primary key."""
    mark = f" ({person.get_username()[:30]} {preset.pk})"
    return preset.name[: NAME_LENGTH - len(mark)] + mark
