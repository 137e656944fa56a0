"""Names unlike those of notifications, which has a `Delivery` and a `SigningKey` of its own.

The tables keep their names, so a process of the former release can go on until it is replaced.
"""

import django.db.models.deletion
from django.db import migrations, models

import core.db.json_field


class Migration(migrations.Migration):
    dependencies = [
        ("playground", "0029_ledger"),
    ]

    operations = [
        migrations.AlterModelTable(name="signingkeys", table="playground_signingkeys"),
        migrations.AlterModelTable(name="delivery", table="playground_delivery"),
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
        migrations.AlterField(
            model_name="upstreamkeys",
            name="account",
            field=models.CharField(
                blank=True,
                help_text="upstream's id of our account, learnt from its reports",
                max_length=128,
            ),
        ),
        migrations.AlterField(
            model_name="upstreamkeys",
            name="tried_at",
            field=models.DateTimeField(
                help_text="when a worker last tried to fetch them", null=True
            ),
        ),
        migrations.AlterField(
            model_name="upstreamkeys",
            name="wanted_at",
            field=models.DateTimeField(
                help_text="when the web process requested newer ones, as no key fitted a signature",
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="webhookreport",
            name="headers",
            field=core.db.json_field.ExactJSONField(
                help_text="the signature's headers, in lower case"
            ),
        ),
        migrations.AlterField(
            model_name="worker",
            name="trouble",
            field=models.CharField(
                blank=True, help_text="what is missing in upstream's responses", max_length=255
            ),
        ),
        migrations.AlterField(
            model_name="worker",
            name="upstream_host",
            field=models.CharField(
                blank=True, help_text="host that runs are sent to", max_length=255
            ),
        ),
    ]
