"""Erases a person: deletes what is only theirs, passes on what others rely on, removes the name.

The account's row stays, closed and renamed to `erased-<number>`: sums of money and votes refer to
it. The worker purges deleted runs, which cannot be restored. The audit log keeps the name until its
entries expire, since nobody can change one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from auditlog.context import disable_auditlog
from django.apps import apps
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import CASCADE, SET_NULL, Model
from django.utils import timezone

from accounts import roles
from accounts.audit import trail
from accounts.audit.entries import AuditEntry
from accounts.models import QueuedMail
from accounts.sessions import active_sessions
from api import tokens
from api.models import Token
from core.formatting import counted, enumerated
from core.names import name_key
from core.refusals import Refused
from features.boards.models import Comment, Vote
from features.sharing.models import Reviewer
from projects import members
from projects.kept.models import GRACE
from runs.files import input_references, purge
from runs.models import Charge, Run, Upload
from runs.models import Share as Link
from runs.ownership import deletion, handover
from runs.ownership.handover import Belongings

# Rows that refer to the account's nameless row: votes are decisions of others, too.
STAYS = {"boards.Vote", "projects.Membership", "projects.Project"}
UNDER_WAY = "{} of theirs {} under way. Cancel them, or wait until they have ended."


class Plan(NamedTuple):
    """What happens to a person's rows, by kind."""

    goes: Sequence[Belongings]
    passes: Sequence[Belongings]
    stays: Sequence[str]


def plan(person: User) -> Plan:
    """Return what an erasure would do."""
    alone = {relation.label: rows.count() for relation, rows in handover.alone(person)}
    deleted_rows = [Belongings(label, number) for label, number in alone.items()]
    passed = {relation.model for relation in handover.relations()}
    for model, name in _cascading():
        if model not in passed and not model._meta.auto_created:
            number = model._base_manager.filter(**{name: person.pk}).count()
            deleted_rows.append(Belongings(str(model._meta.verbose_name_plural), number))
    passes = [
        Belongings(part.label, part.number - alone.get(part.label, 0))
        for part in handover.belongings(person)
    ]
    term = f"for {settings.AUDIT_DAYS} days" if settings.AUDIT_DAYS else "for ever"
    rest = (
        (Charge.objects.filter(user=person), "sum", "of money, without the name"),
        (Vote.objects.filter(voter=person), "vote", "on boards, without the name"),
        (Comment.objects.filter(user=person), "comment", "on boards, without the name"),
        (
            AuditEntry.objects.filter(actor=person),
            "line",
            f"of the audit log, as it is, {term}",
        ),
    )
    return Plan(
        [part for part in deleted_rows if part.number],
        [part for part in passes if part.number],
        [f"{counted(number, noun)} {end}" for rows, noun, end in rest if (number := rows.count())],
    )


def erase(person: User, to: User, by: User | None) -> str:
    """Erase a person, whose shared work `to` gets; return the account's new name.

    In one transaction; `by` is None for a command. Raises Refused, also for the last admin; then
    nothing has changed.
    """
    with transaction.atomic(), disable_auditlog():
        if by is None:
            roles.lock()
            roles.require_another_admin(person)
        else:
            handover.require_may_end(person, by)
        handover.lock_both(person, to)
        if number := Run.objects.filter(user=person).unfinished().count():
            verb = "is" if number == 1 else "are"
            raise Refused(UNDER_WAY.format(counted(number, "run"), verb))
        _forget_name(person)
        active_sessions.end_others(person, None)
        for token in Token.objects.filter(user=person, revoked_at=None):
            tokens.revoke(by, token)
        members.pass_on(person, to, by)
        _delete_alone(person)
        passed = handover.hand_over_shared(person, to)
        members.end_all(person, by)
        for model, name in _cascading():
            model._base_manager.filter(**{name: person.pk}).delete()
        for model, name in _relations(SET_NULL):
            model._base_manager.filter(**{name: person.pk}).update(**{name: None})
        _delete_uploads(person)
        passed_rows = enumerated([part.summary for part in passed if part.number])
        trail.record(by, "erased", [person], f"{to.get_username()} got {passed_rows or 'nothing'}")
    return person.get_username()


def _relations(on_delete: Any) -> Iterator[tuple[type[Model], str]]:
    """Yield the relations to an account with this `on_delete`, as model and field name."""
    for relation in User._meta.get_fields(include_hidden=True):
        if relation.one_to_many or (relation.one_to_one and relation.auto_created):
            relation_field: Any = relation
            if relation_field.on_delete is on_delete:
                yield relation_field.related_model, relation_field.field.name


def _cascading() -> Iterator[tuple[type[Model], str]]:
    """Yield the relations whose rows are deleted, not those that stay with the account's row."""
    return ((model, name) for model, name in _relations(CASCADE) if model._meta.label not in STAYS)


def _forget_name(person: User) -> None:
    """Remove name, address and password from the account and from rows that repeat them."""
    name = f"erased-{person.pk}"
    while User.objects.filter(username=name).exists():
        name += "x"
    if person.email:
        QueuedMail.objects.filter(to__iexact=person.email).delete()
        invitations = apps.get_model("people", "Invitation")._base_manager
        invitations.filter(email__iexact=person.email).update(email="", revoked_at=timezone.now())
    for reviewer in Reviewer.objects.filter(user=person).only("pk"):
        own = f"{name} {reviewer.pk.hex[:6]}"
        Reviewer.objects.filter(pk=reviewer.pk).update(name=own, name_key=name_key(own))
    User.objects.filter(pk=person.pk).update(
        username=name,
        first_name="",
        last_name="",
        email="",
        password=make_password(None),
        is_active=False,
        is_staff=False,
        is_superuser=False,
        last_login=None,
    )
    person.refresh_from_db()


def _delete_alone(person: User) -> None:
    """Delete what nobody else sees; the worker then purges the runs with their files."""
    Link.objects.filter(user=person).delete()
    for relation, rows in handover.alone(person):
        if relation.model is Run:
            deletion.mark_deleted(rows, timezone.now() - GRACE)
        elif relation.model is not Upload:
            rows.delete()


def _delete_uploads(person: User) -> None:
    """Delete the remaining uploads, except inputs: these go with their runs, or stay."""
    uploads = list(Upload.objects.filter(user=person))
    in_use = input_references.used([upload.pk for upload in uploads])
    purge.delete_uploads([upload for upload in uploads if upload.pk not in in_use], timezone.now())
