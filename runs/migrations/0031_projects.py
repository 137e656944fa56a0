"""Puts runs, uploads and presets into their users' private projects."""

import django.db.models.deletion
from django.db import migrations, models

from projects.existing_work import into_private_projects


class Migration(migrations.Migration):
    dependencies = [
        ("playground", "0030_webhook_names"),
        ("projects", "0002_private_projects"),
    ]

    operations = [
        migrations.AddField(
            model_name="run",
            name="is_hidden",
            field=models.BooleanField(
                default=False,
                help_text="for its user's own eyes, not for the project's other members",
            ),
        ),
        migrations.AddField(
            model_name="run",
            name="project",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="+",
                to="projects.project",
            ),
        ),
        migrations.AddField(
            model_name="upload",
            name="is_hidden",
            field=models.BooleanField(
                default=False,
                help_text="for its user's own eyes, not for the project's other members",
            ),
        ),
        migrations.AddField(
            model_name="upload",
            name="project",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="+",
                to="projects.project",
            ),
        ),
        migrations.AddField(
            model_name="preset",
            name="is_hidden",
            field=models.BooleanField(
                default=False,
                help_text="for its user's own eyes, not for the project's other members",
            ),
        ),
        migrations.AddField(
            model_name="preset",
            name="project",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="+",
                to="projects.project",
            ),
        ),
        migrations.RunPython(
            into_private_projects("playground", "run", "upload", "preset"),
            migrations.RunPython.noop,
        ),
        migrations.AlterField(
            model_name="run",
            name="project",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="+",
                to="projects.project",
            ),
        ),
        migrations.AlterField(
            model_name="upload",
            name="project",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="+",
                to="projects.project",
            ),
        ),
        migrations.AlterField(
            model_name="preset",
            name="project",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="+",
                to="projects.project",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                fields=["project", "-created_at"],
                name="run_in_project",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                fields=["project", "endpoint", "-created_at"],
                name="run_in_project_of_endpoint",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                fields=["project", "-created_at"],
                name="run_in_project_starred",
                condition=models.Q(is_starred=True),
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                fields=["state", "project", "-created_at"],
                name="run_in_project_not_done",
                condition=models.Q(state__in=["failed", "cancelled"]),
            ),
        ),
    ]
