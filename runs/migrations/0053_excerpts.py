"""The beginnings of results, for lists; those of older runs are read when a list shows them."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("playground", "0052_checks"),
    ]
    operations = [
        migrations.CreateModel(
            name="ResultExcerpt",
            fields=[
                (
                    "run",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="excerpt",
                        serialize=False,
                        to="playground.run",
                    ),
                ),
                ("first_text", models.TextField(blank=True)),
                (
                    "json_excerpt",
                    models.TextField(blank=True, help_text="of a result without texts"),
                ),
            ],
        ),
    ]
