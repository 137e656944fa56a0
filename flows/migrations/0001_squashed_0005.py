"""Creates the tables of flows, in place of the migrations 0001 to 0005.

A database in which all five are applied records this one without running it.
"""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import core.db.json_field


class Migration(migrations.Migration):
    replaces = [
        ("flows", "0001_flows"),
        ("flows", "0002_previous_and_origin"),
        ("flows", "0003_account_workflows"),
        ("flows", "0004_imported"),
        ("flows", "0005_step_files"),
    ]

    initial = True

    dependencies = [
        ("catalog", "0009_squashed_0011"),
        ("playground", "0013_squashed_0022"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Flow",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                (
                    "visibility",
                    models.CharField(
                        choices=[("private", "Only me"), ("team", "The team")],
                        default="private",
                        max_length=8,
                    ),
                ),
                (
                    "definition",
                    core.db.json_field.ExactJSONField(
                        help_text="steps and open inputs; flows/compose/definition.py"
                    ),
                ),
                (
                    "version",
                    models.PositiveIntegerField(
                        default=1,
                        help_text=(
                            "raised when steps come or go: an outdated page overwrites nothing"
                        ),
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("changed_at", models.DateTimeField(auto_now=True)),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="flows",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "origin",
                    models.ForeignKey(
                        blank=True,
                        help_text=(
                            "the result that it was built from, which the first run may begin with"
                        ),
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="playground.run",
                    ),
                ),
                (
                    "previous",
                    core.db.json_field.ExactJSONField(
                        blank=True,
                        help_text="the definition before the last step was taken out",
                        null=True,
                    ),
                ),
                (
                    "imported",
                    core.db.json_field.ExactJSONField(
                        blank=True,
                        help_text="fal's definition as it was imported, for the export",
                        null=True,
                    ),
                ),
            ],
            options={
                "ordering": ["-changed_at"],
                "indexes": [models.Index(fields=["user", "-changed_at"], name="flow_list")],
            },
        ),
        migrations.CreateModel(
            name="FlowRun",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "form_token",
                    models.CharField(
                        help_text="one per drawn form: a double click is one run", max_length=64
                    ),
                ),
                (
                    "definition",
                    core.db.json_field.ExactJSONField(
                        help_text="the flow's, with the inputs filled in"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("running", "Running"),
                            ("succeeded", "Done"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="running",
                        max_length=16,
                    ),
                ),
                ("cancel_requested_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "flow",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="runs",
                        to="flows.flow",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="flow_runs",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at"],
                "indexes": [models.Index(fields=["flow", "-created_at"], name="flow_run_list")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "form_token"), name="flow_run_once_per_form"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="StepRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("step", models.CharField(help_text="its id in the definition", max_length=200)),
                (
                    "is_reused",
                    models.BooleanField(
                        default=False,
                        help_text="shows a run that was not made for this step: nothing was paid",
                    ),
                ),
                (
                    "not_sent",
                    models.CharField(
                        blank=True, help_text="why it has no run; empty: it had one", max_length=500
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "settled_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="its end was seen, and what follows it was started",
                        null=True,
                    ),
                ),
                ("replaced_at", models.DateTimeField(blank=True, null=True)),
                (
                    "flow_run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="steps",
                        to="flows.flowrun",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="flow_steps",
                        to="playground.run",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("replaced_at", None), ("settled_at", None)),
                        fields=["flow_run"],
                        name="step_unsettled",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("replaced_at", None)),
                        fields=("flow_run", "step"),
                        name="step_once_per_flow_run",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AccountListing",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "read_at",
                    models.DateTimeField(help_text="the last reading that went well", null=True),
                ),
                ("tried_at", models.DateTimeField(null=True)),
                (
                    "error",
                    models.CharField(
                        blank=True, help_text="why the last one failed", max_length=500
                    ),
                ),
                (
                    "wanted_at",
                    models.DateTimeField(help_text="a person asked for a new reading", null=True),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AccountWorkflow",
            fields=[
                (
                    "endpoint",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="workflow",
                        serialize=False,
                        to="catalog.endpoint",
                    ),
                ),
                ("owner", models.CharField(max_length=128)),
                ("name", models.CharField(max_length=128)),
                ("title", models.CharField(max_length=256)),
                ("description", models.TextField(blank=True)),
                ("tags", models.JSONField(default=list)),
                (
                    "is_own",
                    models.BooleanField(
                        help_text="listed by the account; else only by the catalogue"
                    ),
                ),
                ("is_public", models.BooleanField(null=True)),
                ("created_at", models.DateTimeField(help_text="as upstream says", null=True)),
                (
                    "definition",
                    models.TextField(blank=True, help_text="`contents` as JSON text, as they came"),
                ),
                (
                    "trouble",
                    models.CharField(
                        blank=True, help_text="why it has no definition", max_length=500
                    ),
                ),
                ("read_at", models.DateTimeField(help_text="when upstream was last asked for it")),
                (
                    "gone_at",
                    models.DateTimeField(help_text="the account no longer has it", null=True),
                ),
            ],
            options={
                "ordering": ["title", "pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("owner", "name"), name="account_workflow_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="StepFile",
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
                        help_text="among the files of the run's steps, from 1"
                    ),
                ),
                ("url", models.TextField(blank=True, help_text="at upstream, where it expires")),
                ("attempts", models.PositiveIntegerField(default=0)),
                (
                    "next_attempt_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now,
                        help_text="none: it is copied, or given up",
                        null=True,
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="step_files",
                        to="playground.run",
                    ),
                ),
                (
                    "upload",
                    models.ForeignKey(
                        help_text="our copy",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="playground.upload",
                    ),
                ),
            ],
            options={
                "ordering": ["run", "position"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_attempt_at__isnull", False)),
                        fields=["next_attempt_at"],
                        name="step_file_due",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("run", "position"), name="step_file_once")
                ],
            },
        ),
    ]
