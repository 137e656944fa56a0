"""Lets a link or a shared preset open results, as it opens uploads."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("playground", "0016_drafts_by_tab")]

    operations = [
        migrations.AddField(
            model_name="artifact",
            name="is_shared",
            field=models.BooleanField(
                default=False,
                help_text="a link or a preset for the team holds it: colleagues may see it",
            ),
        ),
    ]
