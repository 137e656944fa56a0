"""Names unlike those of notifications, which has a `Delivery` and a `SigningKey` of its own."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("playground", "0029_ledger"),
    ]

    operations = [
        migrations.RenameModel(old_name="SigningKeys", new_name="UpstreamKeys"),
        migrations.RenameModel(old_name="Delivery", new_name="WebhookReport"),
        migrations.AlterField(
            model_name="webhookreport",
            name="run",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="webhook_reports",
                to="playground.run",
            ),
        ),
    ]
