"""Plainer help texts; the tables stay as they are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_audit_and_limits"),
    ]

    operations = [
        migrations.AlterField(
            model_name="signincounter",
            name="key",
            field=models.CharField(
                help_text="SHA-256 of the account, address or pair",
                max_length=64,
                primary_key=True,
                serialize=False,
            ),
        ),
        migrations.AlterField(
            model_name="signincounter",
            name="wait_until",
            field=models.DateTimeField(help_text="passwords are refused until then", null=True),
        ),
    ]
