"""Tokens may be bound to a project; those that exist go on seeing all of their users' projects."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("api", "0007_plain_help_texts"),
        ("projects", "0002_private_projects"),
    ]

    operations = [
        migrations.AddField(
            model_name="token",
            name="project",
            field=models.ForeignKey(
                blank=True,
                help_text="the only one that it sees and begins in; null: all of its user's",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="projects.project",
            ),
        ),
    ]
