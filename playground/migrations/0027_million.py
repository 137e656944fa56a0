"""Adds the indexes that pages and the purge need at a million runs."""

from django.db import migrations, models

from core.db.migration_operations import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("playground", "0026_input_files")]

    operations = [
        AddIndexConcurrently("run", models.Index(fields=["created_at"], name="run_by_time")),
        AddIndexConcurrently("run", models.Index(fields=["user", "ended_at"], name="run_ended")),
        AddIndexConcurrently(
            "run",
            models.Index(
                condition=models.Q(("deleted_at__isnull", False)),
                fields=["id"],
                name="run_to_purge",
            ),
        ),
        AddIndexConcurrently(
            "run",
            models.Index(
                fields=["user", "endpoint", "-created_at"], name="run_of_user_and_endpoint"
            ),
        ),
        AddIndexConcurrently(
            "run",
            models.Index(
                condition=models.Q(("is_starred", True)),
                fields=["user", "-created_at"],
                name="run_starred",
            ),
        ),
        AddIndexConcurrently(
            "run",
            models.Index(
                condition=models.Q(("state__in", ["failed", "cancelled"])),
                fields=["state", "user", "-created_at"],
                name="run_not_done",
            ),
        ),
        AddIndexConcurrently("upload", models.Index(fields=["digest"], name="upload_by_content")),
        AddIndexConcurrently("upload", models.Index(fields=["file"], name="upload_by_file")),
    ]
