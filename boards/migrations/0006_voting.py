"""Closes the vote of every board: its owner opens it, and gets a link that others cannot guess."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("boards", "0001_squashed_0005")]

    operations = [
        migrations.AddField(
            model_name="batch",
            name="voting_opened_at",
            field=models.DateTimeField(
                blank=True,
                help_text="colleagues may vote by link since; empty: they may not",
                null=True,
            ),
        ),
    ]
