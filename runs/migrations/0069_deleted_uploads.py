from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("playground", "0068_frames_of_films")]
    operations = [
        migrations.AddField(
            "upload",
            "deleted_at",
            models.DateTimeField(
                null=True,
                help_text="can be undone for a while (`runs/files/upload_deletion.py`)",
            ),
        ),
        migrations.AddIndex(
            "upload",
            models.Index(
                fields=["deleted_at"],
                name="upload_deleted",
                condition=models.Q(deleted_at__isnull=False),
            ),
        ),
    ]
