"""Sessions move to allauth's table, mail to one queue.

Reset mails that wait are dropped: who asked for one asks again.
"""

from django.db import migrations, models


def move_sessions(apps, schema_editor):
    """Copy where each session was last used; one without an address is noted at its next use."""
    Ours = apps.get_model("accounts", "UserSession")
    Theirs = apps.get_model("usersessions", "UserSession")
    rows = (
        Theirs(
            user_id=row.user_id,
            session_key=row.session_id,
            ip=row.address,
            user_agent=row.agent,
            created_at=row.started_at,
            last_seen_at=row.used_at,
        )
        for row in Ours.objects.exclude(address="").iterator()
    )
    Theirs.objects.bulk_create(rows, batch_size=500)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_plain_help_texts"),
        ("usersessions", "0001_initial"),
    ]

    operations = [
        migrations.RunPython(move_sessions, migrations.RunPython.noop),
        migrations.CreateModel(
            name="QueuedMail",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("to", models.EmailField(max_length=254)),
                ("subject", models.CharField(max_length=255)),
                (
                    "sealed",
                    models.BinaryField(
                        help_text="the text, sealed with SECRET_KEY (`accounts.mail`)"
                    ),
                ),
                ("next_attempt_at", models.DateTimeField(db_index=True)),
                ("attempts", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.DeleteModel(name="PasswordResetMail"),
        migrations.DeleteModel(name="UserSession"),
    ]
