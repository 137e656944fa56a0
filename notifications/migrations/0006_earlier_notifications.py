"""Earlier notifications say what they are about, as their paths do; those of a week are new."""

import re
from datetime import timedelta
from uuid import UUID

from django.db import migrations
from django.db.models import F
from django.utils import timezone

NEW_FOR = timedelta(days=7)
THINGS = {
    "boards.board": r"/compare/([0-9a-f-]{36})/",
    "sharing.share": r"/shares/([0-9a-f-]{36})/",
    "spending.budgetrequest": r"/spend/requests/([0-9a-f-]{36})/",
    "playground.run": r"/runs/([0-9a-f-]{36})/",
    "flows.flowrun": r"/flows/[^/]+/runs/([0-9a-f-]{36})/",
    "spending.budget": r"/spend/budgets/(\d{1,18})/",
    "spending.alarm": r"/spend/alarms/(\d{1,18})/",
}


def name_things(apps, schema_editor):
    notifications = apps.get_model("notifications", "Notification").objects
    for row in notifications.only("path").iterator():
        for label, pattern in THINGS.items():
            if match := re.match(pattern, row.path):
                key = match[1]
                column = {"number": int(key)} if key.isdecimal() else {"thing": UUID(key)}
                notifications.filter(pk=row.pk).update(about=label, **column)
    old = notifications.filter(created_at__lt=timezone.now() - NEW_FOR)
    old.update(seen_at=F("created_at"))
    notifications.filter(kind="test").update(seen_at=F("created_at"))


class Migration(migrations.Migration):
    dependencies = [("notifications", "0005_inbox")]

    operations = [migrations.RunPython(name_things, migrations.RunPython.noop, elidable=True)]
