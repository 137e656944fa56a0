"""Plainer help texts; the tables stay as they are."""

import core.db.json_field
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("api", "0006_ledger"),
    ]

    operations = [
        migrations.AlterField(
            model_name="keyedcall",
            name="answer",
            field=core.db.json_field.ExactJSONField(
                default=dict, help_text="what a repeated call is answered from"
            ),
        ),
        migrations.AlterField(
            model_name="token",
            name="expires_at",
            field=models.DateTimeField(blank=True, help_text="empty: it never expires", null=True),
        ),
    ]
