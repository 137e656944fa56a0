"""Notes who tried a run of a flow again; names who sees a flow."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("flows", "0006_projects"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="flowrun",
            name="repeated_by",
            field=models.ForeignKey(
                blank=True,
                help_text="who pressed “Try again” last, if somebody else",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="flow",
            name="visibility",
            field=models.CharField(
                choices=[("private", "The project's members"), ("team", "Everybody in the house")],
                default="private",
                max_length=8,
            ),
        ),
    ]
