"""Puts data sets and weights into their users' private projects."""

import django.db.models.deletion
from django.db import migrations, models

from projects.existing_work import into_private_projects


class Migration(migrations.Migration):
    dependencies = [
        ("training", "0001_training"),
        ("projects", "0002_private_projects"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="dataset", options={"ordering": ["-changed_at"], "verbose_name": "data set"}
        ),
        migrations.AddField(
            model_name="dataset",
            name="is_hidden",
            field=models.BooleanField(
                default=False,
                help_text="for its user's own eyes, not for the project's other members",
            ),
        ),
        migrations.AddField(
            model_name="dataset",
            name="project",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="+",
                to="projects.project",
            ),
        ),
        migrations.AddField(
            model_name="weights",
            name="is_hidden",
            field=models.BooleanField(
                default=False,
                help_text="for its user's own eyes, not for the project's other members",
            ),
        ),
        migrations.AddField(
            model_name="weights",
            name="project",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="+",
                to="projects.project",
            ),
        ),
        migrations.RunPython(
            into_private_projects("training", "dataset", "weights"), migrations.RunPython.noop
        ),
        migrations.AlterField(
            model_name="dataset",
            name="project",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="+",
                to="projects.project",
            ),
        ),
        migrations.AlterField(
            model_name="weights",
            name="project",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.RESTRICT,
                related_name="+",
                to="projects.project",
            ),
        ),
        migrations.AddIndex(
            model_name="dataset",
            index=models.Index(
                fields=["project", "-changed_at"],
                name="dataset_in_project",
            ),
        ),
        migrations.AddIndex(
            model_name="weights",
            index=models.Index(
                fields=["project", "-created_at"],
                name="weights_in_project",
            ),
        ),
    ]
