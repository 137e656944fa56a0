"""Selects the deliveries whose subjects their user may read, for sending and for lists."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING

from features.notifications import kinds, subjects
from features.notifications.models import Delivery, Notification
from runs.models import Run

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def readable(user: User, deliveries: Sequence[Delivery]) -> set[uuid.UUID]:
    """Return the keys of those of the user's deliveries whose subjects they may read now."""
    notified = [item.notification for item in deliveries if item.notification]
    visible = subjects.are_visible(user, {line.about for line in notified})
    lines = Notification.objects.filter(visible, pk__in=[line.pk for line in notified])
    lines = lines.exclude(kind__in=kinds.hidden_from(user))
    runs = Run.objects.own(user).filter(pk__in=[item.run_id for item in deliveries if item.run_id])
    keys = {*lines.values_list("pk", flat=True), *runs.values_list("pk", flat=True)}
    return {item.pk for item in deliveries if keys & {item.notification_id, item.run_id}}
