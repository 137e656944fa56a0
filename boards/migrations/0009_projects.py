"""Puts boards into their users' private projects."""

import django.db.models.deletion
from django.db import migrations, models

from projects.existing_work import into_private_projects


class Migration(migrations.Migration):
    dependencies = [
        ("boards", "0008_board"),
        ("projects", "0002_private_projects"),
    ]

    operations = [
        migrations.AddField(
            model_name="board",
            name="is_hidden",
            field=models.BooleanField(
                default=False,
                help_text="for its user's own eyes, not for the project's other members",
            ),
        ),
        migrations.AddField(
            model_name="board",
            name="project",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="+",
                to="projects.project",
            ),
        ),
        migrations.RunPython(into_private_projects("boards", "board"), migrations.RunPython.noop),
        migrations.AlterField(
            model_name="board",
            name="project",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="+",
                to="projects.project",
            ),
        ),
        migrations.AddIndex(
            model_name="board",
            index=models.Index(
                fields=["project", "-created_at"],
                name="board_in_project",
            ),
        ),
    ]
