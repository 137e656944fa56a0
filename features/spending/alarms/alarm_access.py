"""Decides who may see an alarm, and who may mark it as looked at."""

from __future__ import annotations

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
