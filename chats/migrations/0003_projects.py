"""Puts conversations into their users' private projects."""

import django.db.models.deletion
from django.db import migrations, models

from projects.existing_work import into_private_projects


class Migration(migrations.Migration):
    dependencies = [
        ("chats", "0002_second_model"),
        ("projects", "0002_private_projects"),
    ]

    operations = [
        migrations.AddField(
            model_name="chat",
            name="is_hidden",
            field=models.BooleanField(
                default=False,
                help_text="for its user's own eyes, not for the project's other members",
            ),
        ),
        migrations.AddField(
            model_name="chat",
            name="project",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="+",
                to="projects.project",
            ),
        ),
        migrations.RunPython(into_private_projects("chats", "chat"), migrations.RunPython.noop),
        migrations.AlterField(
            model_name="chat",
            name="project",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="+",
                to="projects.project",
            ),
        ),
        migrations.AddIndex(
            model_name="chat",
            index=models.Index(
                fields=["project", "-said_at"],
                name="chat_in_project",
            ),
        ),
    ]
