"""Pictures, films and sounds that people gave get a small picture for lists, made by a worker."""

from django.db import migrations, models
from django.db.models import Q
from django.utils import timezone


def look_at_all(apps, schema_editor):
    """Let a worker look at the uploads that can have a small picture."""
    uploads = apps.get_model("playground", "Upload").objects.using(schema_editor.connection.alias)
    kinds = ("image/", "video/", "audio/")
    has_picture = Q(*(("content_type__startswith", kind) for kind in kinds), _connector=Q.OR)
    uploads.filter(has_picture, measure_at=None).update(measure_at=timezone.now())


class Migration(migrations.Migration):
    dependencies = [("playground", "0069_deleted_uploads")]
    operations = [
        migrations.AddField(
            "upload",
            "thumbnail",
            models.CharField(
                blank=True,
                default="",
                max_length=255,
                help_text="name in our storage; empty until a worker made it",
            ),
            preserve_default=False,
        ),
        migrations.AlterField(
            "upload",
            "measure_at",
            models.DateTimeField(
                null=True,
                help_text="when a worker is to look at it; null: it has, or there is no need",
            ),
        ),
        migrations.RunPython(look_at_all, migrations.RunPython.noop),
    ]
