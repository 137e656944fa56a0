"""Decides who may see an alarm or mark it as looked at; until then runs of its model are held."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from accounts.audit import trail
from core.formatting import money
from features.spending import visibility
from features.spending.models import Alarm
from projects import roles
from schemas.estimate.wording import about

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User
    from django.db.models import QuerySet

YES = "Run it anyway"
SEE = "See the alarm"


def visible_to(user: User | AnonymousUser) -> QuerySet[Alarm]:
    """Return the user's own alarms and those of projects that they manage; for admins all."""
    visible_alarms = Alarm.objects.filter(visibility.of_user(user))
    return visible_alarms.select_related("endpoint", "user", "project", "looked_by")


def may_look(user: User | AnonymousUser, alarm: Alarm) -> bool:
    """Whether the user may mark it as looked at: admins, and managers of a shared project."""
    if visibility.sees_all(user):
        return True
    project = alarm.project
    is_shared = project is not None and not project.is_private
    return is_shared and project is not None and roles.may_manage(user, project)


@transaction.atomic
def look(user: User, alarm: Alarm) -> bool:
    """Mark the alarm as looked at, which releases its model; False if it was marked already.

    Raises PermissionDenied.
    """
    if not may_look(user, alarm):
        raise PermissionDenied("Only an admin or a manager of the project can settle this alarm.")
    unseen = Alarm.objects.filter(pk=alarm.pk, looked_at=None)
    if not unseen.update(looked_at=timezone.now(), looked_by=user):
        return False
    sums = f"{money(alarm.cost)} instead of {about(alarm.expected)}"
    trail.record(user, "changed", [alarm], f"has looked at the alarm about {sums}")
    return True


def held_among(endpoint_ids: Iterable[int]) -> dict[int, Alarm]:
    """Return the newest unseen alarm of each model, by the model's key. One query."""
    alarms = Alarm.objects.filter(endpoint__in=set(endpoint_ids), looked_at=None)
    return {
        alarm.endpoint_id: alarm
        for alarm in alarms.select_related("endpoint").order_by("created_at")
        if alarm.endpoint_id is not None
    }


def question(alarm: Alarm) -> str:
    """Return the question to a person who starts another run of the model."""
    name = alarm.endpoint.name if alarm.endpoint else "this model"
    return (
        f"A run of {name} has cost {money(alarm.cost)} instead of {about(alarm.expected)}. Nobody "
        "has looked at the alarm yet. Run it anyway?"
    )


def refusal(alarm: Alarm) -> str:
    """Return why a run does not start if nobody can be asked."""
    name = alarm.endpoint.name if alarm.endpoint else "this model"
    return (
        f"A run of {name} has cost {money(alarm.cost)} instead of {about(alarm.expected)}. Runs "
        "of this model wait until an admin has looked at the alarm."
    )
