"""The worker counts the record of models, instead of triggers: it finds the runs that are due."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("playground", "0056_artifacts_by_address")]
    operations = [
        migrations.AddField(
            "recordedrun",
            "is_opened",
            models.BooleanField(
                db_default=False, default=False, help_text="somebody has looked at it"
            ),
        ),
        migrations.AddField(
            "recordedrun",
            "is_due",
            models.BooleanField(db_default=False, default=False, help_text="to be counted again"),
        ),
        migrations.AddIndex(
            "recordedrun",
            models.Index(
                fields=["endpoint"], name="recorded_run_due", condition=models.Q(is_due=True)
            ),
        ),
    ]
