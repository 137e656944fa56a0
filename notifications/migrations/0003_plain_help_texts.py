"""Plainer help texts; the tables stay as they are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0002_encrypted_addresses"),
    ]

    operations = [
        migrations.AlterField(
            model_name="notification",
            name="key",
            field=models.CharField(
                help_text="identifies the event, which is notified once", max_length=160
            ),
        ),
        migrations.AlterField(
            model_name="notificationpreferences",
            name="daily_limit",
            field=models.DecimalField(
                decimal_places=2,
                help_text="warn when a day's runs have cost 80 % and 100 % of it",
                max_digits=9,
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="notificationpreferences",
            name="long_run_minutes",
            field=models.PositiveIntegerField(
                default=5, help_text="notify of runs that took at least this long"
            ),
        ),
    ]
