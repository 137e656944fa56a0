"""The record of a model in a project is one row, whose version tells whether it has changed.

The column `is_merged` stays until the next version, since processes of this one that still run
write it.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("playground", "0057_record_without_triggers")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveIndex("recordsum", "record_to_merge"),
                migrations.RemoveField("recordsum", "is_merged"),
            ]
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
    ]
