"""The audit log, with what the admin's own log has so far: that goes with the admin who wrote it."""

from __future__ import annotations

import json
from typing import Any

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


ACTIONS = {1: "added", 2: "changed", 3: "deleted"}


def copy_admin_log(apps: Any, schema_editor: Any) -> None:
    """Copy the entries of Django's admin log."""
    log, entry = apps.get_model("admin", "LogEntry"), apps.get_model("accounts", "AuditEntry")
    copied = (
        entry(
            at=row.action_time,
            actor_id=row.user_id,
            actor_name=row.user.username,
            action=ACTIONS.get(row.action_flag, ""),
            kind=f"{row.content_type.app_label}.{row.content_type.model}"
            if row.content_type
            else "",
            object_id=(row.object_id or "")[:255],
            object_name=row.object_repr,
            detail=_text(row.change_message),
        )
        for row in log.objects.select_related("user", "content_type").iterator()
    )
    entry.objects.bulk_create(copied, batch_size=500)


def _text(message: str) -> str:
    """Return the fields that a message of the admin names, or the message as it is."""
    try:
        parts = json.loads(message) if message.startswith("[") else []
        fields = [name for part in parts for name in part.get("changed", {}).get("fields", [])]
    except (ValueError, AttributeError, TypeError):
        return message
    return f"Changed {', '.join(fields)}." if fields else message


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_session_digests"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                (
                    "actor_name",
                    models.CharField(help_text="as it was when they acted", max_length=150),
                ),
                ("action", models.CharField(max_length=40)),
                (
                    "kind",
                    models.CharField(
                        help_text="the row's model, such as playground.run", max_length=100
                    ),
                ),
                ("object_id", models.CharField(max_length=255)),
                ("object_name", models.CharField(max_length=255)),
                ("detail", models.TextField(blank=True)),
                (
                    "actor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "audit entries",
                "ordering": ["-at", "-pk"],
                "indexes": [models.Index(fields=["kind", "object_id"], name="audit_of_object")],
            },
        ),
        migrations.CreateModel(
            name="RateBucket",
            fields=[
                (
                    "key",
                    models.CharField(
                        help_text="SHA-256 of the limit and the client",
                        max_length=64,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("tokens", models.FloatField(help_text="requests left when they were counted")),
                ("counted_at", models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.RunPython(copy_admin_log, migrations.RunPython.noop),
    ]
