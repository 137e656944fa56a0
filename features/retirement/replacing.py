"""Lists what uses a model, moves it to another one, undoes that, and notifies the other owners."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.audit import trail
from core.formatting import counted
from core.periods import UNDO_WITHIN
from core.refusals import Refused
from features.notifications import kinds, outbox
from features.retirement.models import Replacement
from projects.rules import enforcement
from runs.promises import keeping
from runs.promises.dependants import Dependant, Replacing

if TYPE_CHECKING:
    from catalog.models import Endpoint


def find_with_outcomes(
    user: User, endpoint: Endpoint, target: Endpoint | None, only: Collection[str] = ()
) -> list[Dependant]:
    """Return what `find_dependants` does; with a target, each with what would change.

    `only` are keys of dependants.
    """
    dependants = find_dependants(user, endpoint, target, only)
    if target:
        replacing = Replacing(endpoint, target, user)
        for dependant in dependants:
            if dependant.address and dependant.kind.movable:
                dependant.outcome = dependant.kind.outcome(dependant.row, dependant.part, replacing)
    return dependants


def find_dependants(
    user: User, endpoint: Endpoint, target: Endpoint | None, only: Collection[str]
) -> list[Dependant]:
    """Return what uses the model and the user may know of, by kind."""
    return [
        dependant
        for kind in keeping.dependants()
        for dependant in kind.find(user, endpoint, target)
        if not only or dependant.key in only
    ]


def replace(
    user: User, endpoint: Endpoint, target: Endpoint, only: Collection[str] = ()
) -> Replacement:
    """Move what is the user's own to another model; raises Refused if nothing could be moved.

    A row stays where the rules of its project lock the other model.
    """
    if target.refusal_everywhere:
        raise Refused(f"{target.name} cannot be the deputy: choose another model.")
    replacing = Replacing(endpoint, target, user)
    moved, locked = [], dict[int, str]()  # by project
    with transaction.atomic():
        for dependant in find_dependants(user, endpoint, target, only):
            kind, pk = dependant.kind, dependant.row.pk
            project = getattr(dependant.row, "project", None)
            if project and project.pk not in locked:
                locked[project.pk] = enforcement.refusal(project, target)
            if not dependant.is_movable or (project and locked[project.pk]):
                continue
            row = kind.rows(endpoint, None).select_for_update(of=("self",)).filter(pk=pk).first()
            state = kind.replace(row, dependant.part, replacing) if row else None
            if state is not None:
                place = dependant.title, dependant.address
                moved.append([kind.name, str(pk), state, *place])
        if not moved:
            raise Refused("Nothing of yours could be moved.")
        return Replacement.objects.create(user=user, source=endpoint, target=target, rows=moved)


def undo(user: User, replacement: Replacement) -> str:
    """Move everything back that is as the replacement left it; return what happened in words."""
    kinds_by_name = {kind.name: kind for kind in keeping.dependants()}
    back = 0
    with transaction.atomic():
        for name, pk, state, *_ in reversed(replacement.rows):
            kind = kinds_by_name[name]
            rows = kind.own(kind.model._default_manager.all(), user)
            row = rows.select_for_update(of=("self",)).filter(pk=pk).first()
            back += bool(row and kind.restore(row, state))
        replacement.undone_at = timezone.now()
        replacement.save(update_fields=["undone_at"])
    changed = len(replacement.rows) - back
    sentence = f"{counted(back, 'place')} moved back to {replacement.source.name}."
    return f"{sentence} {counted(changed, 'place')} had changed since." if changed else sentence


def undoable(user: User, endpoint: Endpoint) -> Replacement | None:
    """Return the user's last replacement of the model, if it can be undone."""
    since = timezone.now() - UNDO_WITHIN
    rows = Replacement.objects.filter(user=user, source=endpoint, undone_at=None)
    return rows.filter(created_at__gt=since).select_related("target").order_by("created_at").last()


def notify_others(by: User, endpoint: Endpoint, target: Endpoint) -> None:
    """Notify everybody else whose things use a retired model; each is notified once."""
    if not endpoint.retirement:
        return
    for user in User.objects.filter(pk__in=users_of(endpoint, target) - {by.pk}, is_active=True):
        outbox.notify(
            user,
            kinds.MODEL_CHANGED,
            subject=f"{endpoint.name} {endpoint.retirement}",
            text=f"{target.name} can take over. See what of yours uses it, and move it.",
            path=page_address(endpoint, target),
            key=f"retirement {endpoint.pk}",
            about=endpoint,
        )


def users_of(endpoint: Endpoint, target: Endpoint | None = None) -> set[int]:
    """Return the keys of the users whose things use the model."""
    return {key for kind in keeping.dependants() for key in kind.owners(endpoint, target)}


def page_address(endpoint: Endpoint, target: Endpoint | None = None) -> str:
    """Return the address of the page about what uses a model."""
    address = reverse("retirement:dependants", args=[endpoint.endpoint_id])
    return f"{address}?to={target.endpoint_id}" if target else address


def by_kind(dependants: Sequence[Dependant]) -> list[tuple[str, list[Dependant]]]:
    """Return the dependants below the label of their kind."""
    groups: dict[str, list[Dependant]] = {}
    for dependant in dependants:
        groups.setdefault(dependant.kind.label, []).append(dependant)
    return [*groups.items()]


def name_deputy(endpoint: Endpoint, deputy: Endpoint | None, by: User) -> None:
    """Name the model that takes over from another one, or none."""
    with transaction.atomic():
        endpoint.deputy = deputy
        endpoint.save(update_fields=["deputy"])
        action = "given a deputy" if deputy else "left without a deputy"
        trail.record(by, action, [endpoint], deputy.endpoint_id if deputy else "")
