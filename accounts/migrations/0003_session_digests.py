"""Stores sessions under a digest of the key in the cookie; everybody stays logged in."""

from __future__ import annotations

import hashlib
from typing import Any

from django.db import migrations

BATCH = 500


def store_digests(apps: Any, schema_editor: Any) -> None:
    """Replace the key of each session, and of its row on the account page."""
    session = apps.get_model("sessions", "Session")
    use = apps.get_model("accounts", "UserSession")
    keys = list(session.objects.values_list("session_key", flat=True))
    for start in range(0, len(keys), BATCH):
        former = list(session.objects.filter(pk__in=keys[start : start + BATCH]))
        session.objects.bulk_create(
            session(
                session_key=_digest(one.pk),
                session_data=one.session_data,
                expire_date=one.expire_date,
            )
            for one in former
        )
        for one in use.objects.filter(session__in=former):
            use.objects.filter(pk=one.pk).update(session_id=_digest(one.pk))
        session.objects.filter(pk__in=[one.pk for one in former]).delete()


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:40]


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_account_page"), ("sessions", "0001_initial")]

    operations = [migrations.RunPython(store_digests, migrations.RunPython.noop)]
