"""Stores the process of each sync, so that the sync of a killed one is taken over at once."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_squashed_0008")]

    operations = [
        migrations.AddField(
            model_name="syncreport",
            name="holder",
            field=models.CharField(
                blank=True, default="", help_text="the process at work", max_length=120
            ),
        ),
    ]
