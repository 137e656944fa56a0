"""Puts flows and their runs into their users' private projects."""

import django.db.models.deletion
from django.db import migrations, models

from projects.existing_work import into_private_projects


class Migration(migrations.Migration):
    dependencies = [
        ("flows", "0001_squashed_0005"),
        ("projects", "0002_private_projects"),
    ]

    operations = [
        migrations.AddField(
            model_name="flow",
            name="is_hidden",
            field=models.BooleanField(
                default=False,
                help_text="for its user's own eyes, not for the project's other members",
            ),
        ),
        migrations.AddField(
            model_name="flow",
            name="project",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="+",
                to="projects.project",
            ),
        ),
        migrations.AddField(
            model_name="flowrun",
            name="is_hidden",
            field=models.BooleanField(
                default=False,
                help_text="for its user's own eyes, not for the project's other members",
            ),
        ),
        migrations.AddField(
            model_name="flowrun",
            name="project",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="+",
                to="projects.project",
            ),
        ),
        migrations.RunPython(
            into_private_projects("flows", "flow", "flowrun"), migrations.RunPython.noop
        ),
        migrations.AlterField(
            model_name="flow",
            name="project",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="+",
                to="projects.project",
            ),
        ),
        migrations.AlterField(
            model_name="flowrun",
            name="project",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="+",
                to="projects.project",
            ),
        ),
        migrations.AddIndex(
            model_name="flow",
            index=models.Index(
                fields=["project", "-changed_at"],
                name="flow_in_project",
            ),
        ),
    ]
