"""Lets a person have the same content, and a preset of the same name, in several projects."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("playground", "0031_projects")]

    operations = [
        migrations.RemoveConstraint(model_name="upload", name="upload_once_per_content"),
        migrations.AddConstraint(
            model_name="upload",
            constraint=models.UniqueConstraint(
                fields=["user", "project", "digest"], name="upload_once_per_content"
            ),
        ),
        migrations.RemoveConstraint(model_name="preset", name="preset_name_once"),
        migrations.AddConstraint(
            model_name="preset",
            constraint=models.UniqueConstraint(
                condition=models.Q(("deleted_at", None)),
                fields=["user", "project", "endpoint", "name"],
                name="preset_name_once",
            ),
        ),
    ]
