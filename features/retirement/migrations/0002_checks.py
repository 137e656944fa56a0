# Checks: kept inputs of a model that run again.

import core.db.dollars_field
import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0022_without_looks"),
        ("playground", "0052_checks"),
        ("projects", "0007_what_fal_keeps"),
        ("retirement", "0001_replacement"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ModelCheck",
            fields=[
                (
                    "is_hidden",
                    models.BooleanField(
                        default=False,
                        help_text="for its user's own eyes, not for the project's other members",
                    ),
                ),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "deleted_at",
                    models.DateTimeField(
                        blank=True, help_text="can be undone for a while", null=True
                    ),
                ),
                (
                    "name",
                    models.CharField(help_text="of the model when it was made", max_length=600),
                ),
                (
                    "limit_usd",
                    core.db.dollars_field.DollarsField(
                        help_text="the most that a round may cost", verbose_name="limit"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("planned", "Planned"),
                            ("running", "Running"),
                            ("asks", "same or different?"),
                            ("same", "Same"),
                            ("different", "Different"),
                        ],
                        default="planned",
                        max_length=16,
                    ),
                ),
                ("round", models.PositiveIntegerField(default=0)),
                (
                    "reason",
                    models.CharField(blank=True, help_text="why the round began", max_length=200),
                ),
                ("note", models.TextField(blank=True, help_text="why the round did not begin")),
                (
                    "seen_at",
                    models.DateTimeField(help_text="when it began, or could not", null=True),
                ),
                (
                    "endpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.endpoint",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="+",
                        to="projects.project",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "check",
                "ordering": ["-created_at"],
                "indexes": [
                    models.Index(fields=["project", "-created_at"], name="check_in_project"),
                ],
            },
        ),
        migrations.CreateModel(
            name="CheckRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("place", models.PositiveSmallIntegerField(help_text="of its input")),
                ("take", models.PositiveSmallIntegerField(default=0)),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="playground.run",
                    ),
                ),
                (
                    "check_of",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="runs",
                        to="retirement.modelcheck",
                    ),
                ),
            ],
            options={
                "ordering": ["place", "take"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=["check_of", "place", "take"], name="check_run_once"
                    ),
                ],
            },
        ),
    ]
