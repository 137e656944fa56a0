"""The record counts the rows of boards that a model won, in place of blind votes.

The worker counts them when it starts; until then the columns have the former figures.
"""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("playground", "0066_without_likeness")]
    operations = [
        migrations.RenameField("recordsum", "votes", "rows"),
        migrations.RenameField("recordsum", "half_wins", "rows_won"),
        migrations.AlterField(
            "recordsum",
            "rows",
            models.IntegerField(
                default=0, db_default=0, help_text="of boards, with a winner, against other models"
            ),
        ),
        migrations.AlterField(
            "recordsum",
            "rows_won",
            models.IntegerField(default=0, db_default=0, help_text="of those rows"),
        ),
    ]
