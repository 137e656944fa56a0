"""The worker counts the record of models, instead of triggers.

The column `is_merged` stays until the next version, since processes of this one that still run
write it.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("playground", "0055_artifacts_by_address")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveIndex("recordsum", "record_to_merge"),
                migrations.RemoveField("recordsum", "is_merged"),
            ]
        ),
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
        migrations.AddField(
            "recordsum",
            "projects",
            models.IntegerField(
                db_default=0,
                default=0,
                help_text="the house's: how many projects have judged the model",
            ),
        ),
        migrations.AddField(
            "recordsum",
            "version",
            models.BigIntegerField(db_default=0, default=0, help_text="at random"),
        ),
        migrations.AddIndex(
            "recordedrun",
            models.Index(
                fields=["endpoint"], name="recorded_run_due", condition=models.Q(is_due=True)
            ),
        ),
    ]
