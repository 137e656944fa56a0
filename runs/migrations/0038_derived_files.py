"""Adds the contents of files made of results, by which their runs are found again."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("playground", "0037_pictures_of_sounds"),
    ]

    operations = [
        migrations.CreateModel(
            name="DerivedFile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "position",
                    models.PositiveIntegerField(
                        help_text="of the result, or of the text in the output"
                    ),
                ),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("thumbnail", "the small picture"),
                            ("poster", "the still"),
                            ("frame", "a frame"),
                            ("stripped", "the copy without metadata"),
                            ("text", "a text"),
                            ("output", "the raw output"),
                        ],
                        max_length=16,
                    ),
                ),
                ("digest", models.CharField(max_length=64)),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="playground.run",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("digest", "run", "position", "what"), name="derived_file_once"
                    )
                ],
            },
        ),
    ]
