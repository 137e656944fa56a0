"""Puts unfinished plans into their users' private projects."""

import django.db.models.deletion
from django.db import migrations, models

from projects.existing_work import into_private_projects

PROJECT = {
    "help_text": "in which it was begun",
    "on_delete": django.db.models.deletion.CASCADE,
    "related_name": "+",
    "to": "projects.project",
}


class Migration(migrations.Migration):
    dependencies = [
        ("boards", "0009_projects"),
        ("projects", "0002_private_projects"),
    ]

    operations = [
        migrations.AddField(
            model_name="plandraft",
            name="project",
            field=models.ForeignKey(null=True, **PROJECT),
        ),
        migrations.RunPython(
            into_private_projects("boards", "plandraft"), migrations.RunPython.noop
        ),
        migrations.AlterField(
            model_name="plandraft",
            name="project",
            field=models.ForeignKey(**PROJECT),
        ),
    ]
