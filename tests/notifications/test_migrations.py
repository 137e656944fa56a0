"""Notifications from before the inbox say what they are about; those of a week are new."""

from __future__ import annotations

import uuid
from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.utils import timezone

from notifications.models import Notification

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]
KEY = uuid.UUID(int=7)
PATHS = {
    f"/compare/{KEY}/comments/#comment-3": ("boards.board", KEY, None),
    f"/shares/{KEY}/answers/": ("sharing.share", KEY, None),
    f"/spend/requests/{KEY}/": ("spending.budgetrequest", KEY, None),
    f"/runs/{KEY}/": ("playground.run", KEY, None),
    f"/flows/{uuid.uuid4()}/runs/{KEY}/": ("flows.flowrun", KEY, None),
    "/spend/budgets/12/": ("spending.budget", None, 12),
    "/spend/alarms/4/": ("spending.alarm", None, 4),
    "/runs/": ("", None, None),
    "": ("", None, None),
}


def test_paths_name_what_notifications_are_about(user: User) -> None:
    for path in PATHS:
        Notification.objects.create(user=user, kind="x", key=path or "none", path=path)
    old = Notification.objects.filter(path="/runs/")
    old.update(created_at=timezone.now() - timedelta(days=8))
    migration = import_module("notifications.migrations.0006_earlier_notifications")
    migration.name_things(apps, None)
    rows = Notification.objects.all()
    assert {row.path: (row.about, row.thing, row.number) for row in rows} == PATHS
    assert [row.path for row in rows if row.seen_at] == ["/runs/"]
    (seen,) = old
    assert seen.seen_at == seen.created_at
