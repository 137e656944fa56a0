"""Moves the sessions of assistants into the ledger."""

from datetime import UTC, datetime, timedelta

from django.db import migrations


def move_sessions(apps, schema_editor):
    """Keep what sessions that go on have spent; a session ends with an hour without a run."""
    account = apps.get_model("playground", "LedgerAccount")
    entry = apps.get_model("playground", "LedgerEntry")
    sessions = apps.get_model("api", "AssistantSession").objects
    for session in sessions.filter(paid_at__gte=datetime.now(UTC) - timedelta(hours=1)):
        opened = account.objects.create(
            kind="assistant", key=str(session.pk), period=session.paid_at.isoformat()
        )
        moved = entry.objects.create(account=opened, amount_usd=session.spent)
        entry.objects.filter(pk=moved.pk).update(created_at=session.paid_at)


class Migration(migrations.Migration):
    dependencies = [
        ("api", "0005_keyed_calls"),
        ("playground", "0029_ledger"),
    ]

    operations = [
        migrations.RunPython(move_sessions, migrations.RunPython.noop),
        migrations.DeleteModel(name="AssistantSession"),
    ]
