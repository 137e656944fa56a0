"""A frame of a film is an upload that knows its film; frames that pages took are forgotten."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models


def forget_frames(apps: Any, schema_editor: Any) -> None:
    """Delete the digests of saved frames, which nothing records any more."""
    files = apps.get_model("playground", "DerivedFile").objects.using(
        schema_editor.connection.alias
    )
    files.filter(what="frame").delete()


class Migration(migrations.Migration):
    dependencies = [("playground", "0067_rows_won")]
    operations = [
        migrations.AddField(
            "upload",
            "origin_run",
            models.UUIDField(
                null=True,
                help_text="of a frame that was taken from a film: the run that made the film",
            ),
        ),
        migrations.AddField(
            "upload",
            "origin_position",
            models.PositiveIntegerField(null=True, help_text="the film's, in that run"),
        ),
        migrations.AddField(
            "upload",
            "origin_at_s",
            models.FloatField(null=True, help_text="when the frame begins in the film"),
        ),
        migrations.AddIndex(
            "upload",
            models.Index(
                fields=["origin_run"],
                name="upload_by_film",
                condition=models.Q(origin_run__isnull=False),
            ),
        ),
        migrations.AlterField(
            "derivedfile",
            "what",
            models.CharField(
                choices=[
                    ("thumbnail", "the small picture"),
                    ("poster", "the still"),
                    ("stripped", "the copy without metadata"),
                    ("text", "a text"),
                    ("output", "the raw output"),
                ],
                max_length=16,
            ),
        ),
        migrations.RunPython(forget_frames, migrations.RunPython.noop),
    ]
