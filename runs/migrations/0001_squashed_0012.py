"""Creates the playground's tables, in place of the migrations 0001 to 0012.

A database in which all twelve are applied records this one without running it.
"""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import core.db.json_field
import runs.models


class Migration(migrations.Migration):
    replaces = [
        ("playground", "0001_initial"),
        ("playground", "0002_presets_and_shares"),
        ("playground", "0003_no_run_is_ever_lost"),
        ("playground", "0004_house_defaults_and_examples"),
        ("playground", "0005_changes_made_to_fit"),
        ("playground", "0006_curation_examples"),
        ("playground", "0007_runs_artifacts_to_copy"),
        ("playground", "0008_runs_account_of_reports"),
        ("playground", "0009_late_looks"),
        ("playground", "0010_artifacts_by_their_bytes"),
        ("playground", "0011_output_text"),
        ("playground", "0012_words_for_states_and_ways"),
    ]

    initial = True

    dependencies = [
        ("catalog", "0001_squashed_0008"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SigningKeys",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "jwks",
                    core.db.json_field.ExactJSONField(
                        default=dict, help_text="the key set as upstream gave it"
                    ),
                ),
                ("fetched_at", models.DateTimeField(null=True)),
                (
                    "tried_at",
                    models.DateTimeField(help_text="when a worker last went for them", null=True),
                ),
                (
                    "wanted_at",
                    models.DateTimeField(
                        help_text="when the web wished for newer ones: a signature fitted none",
                        null=True,
                    ),
                ),
                (
                    "account",
                    models.CharField(
                        blank=True,
                        help_text="whose runs were reported: upstream's id of our account",
                        max_length=128,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Worker",
            fields=[
                ("name", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("started_at", models.DateTimeField(auto_now_add=True)),
                ("beat_at", models.DateTimeField()),
                ("has_key", models.BooleanField(default=False)),
                (
                    "trouble",
                    models.CharField(
                        blank=True, help_text="what upstream's answer lacks", max_length=255
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Run",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "transport",
                    models.CharField(
                        choices=[
                            ("queue", "Queue"),
                            ("sync", "Direct"),
                            ("stream", "Live stream"),
                            ("websocket", "WebSocket"),
                            ("realtime", "Live session"),
                        ],
                        default="queue",
                        max_length=16,
                    ),
                ),
                (
                    "form_token",
                    models.CharField(
                        help_text="one per drawn form: a double click is one run", max_length=64
                    ),
                ),
                (
                    "arguments",
                    core.db.json_field.ExactJSONField(help_text="what the person asked for"),
                ),
                (
                    "sent_arguments",
                    core.db.json_field.ExactJSONField(
                        help_text="what went out, where it differs: uploads by upstream address",
                        null=True,
                    ),
                ),
                (
                    "title",
                    models.CharField(
                        blank=True, help_text="the prompt's first line", max_length=200
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("created", "Waiting"),
                            ("submitting", "Sending"),
                            ("unconfirmed", "Unconfirmed"),
                            ("queued", "Queued"),
                            ("running", "Running"),
                            ("succeeded", "Done"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="created",
                        max_length=16,
                    ),
                ),
                (
                    "version",
                    models.PositiveIntegerField(
                        default=1, help_text="raised by each visible change"
                    ),
                ),
                ("cancel_requested_at", models.DateTimeField(null=True)),
                ("queue_position", models.PositiveIntegerField(null=True)),
                (
                    "logs",
                    core.db.json_field.ExactJSONField(
                        default=list, help_text="[{timestamp, level, message}], once each"
                    ),
                ),
                ("metrics", core.db.json_field.ExactJSONField(default=dict)),
                (
                    "output",
                    core.db.json_field.ExactJSONField(help_text="the model's output", null=True),
                ),
                (
                    "error",
                    core.db.json_field.ExactJSONField(
                        help_text="FalError.as_json() of what ended it", null=True
                    ),
                ),
                ("billable_units", models.CharField(blank=True, max_length=64)),
                ("request_id", models.CharField(blank=True, max_length=128)),
                (
                    "handle",
                    core.db.json_field.ExactJSONField(
                        help_text="the addresses that upstream returned", null=True
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("started_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "worker",
                    models.CharField(blank=True, help_text="who holds the lease", max_length=64),
                ),
                ("lease_until", models.DateTimeField(null=True)),
                ("attempts", models.PositiveIntegerField(default=0)),
                (
                    "note",
                    models.CharField(
                        blank=True,
                        help_text="what the worker waits for, if it does",
                        max_length=255,
                    ),
                ),
                ("is_starred", models.BooleanField(default=False)),
                ("queued_at", models.DateTimeField(help_text="upstream had it", null=True)),
                ("sent_at", models.DateTimeField(help_text="the submit left", null=True)),
                ("result_at", models.DateTimeField(help_text="the result was stored", null=True)),
                (
                    "positions",
                    core.db.json_field.ExactJSONField(
                        default=list,
                        help_text="[[ISO time, queue position]], each change, the first ones",
                    ),
                ),
                (
                    "events",
                    core.db.json_field.ExactJSONField(
                        default=list,
                        help_text="[{at, what, text}]: what happened besides the usual course",
                    ),
                ),
                (
                    "partial",
                    core.db.json_field.ExactJSONField(
                        help_text="a streaming model's latest output so far; not the final one",
                        null=True,
                    ),
                ),
                (
                    "webhook_token",
                    models.CharField(
                        default=runs.models.webhook_token,
                        editable=False,
                        max_length=64,
                        unique=True,
                    ),
                ),
                (
                    "is_example",
                    models.BooleanField(
                        default=False,
                        help_text="shown to the team on the model's page as what it can do",
                    ),
                ),
                (
                    "output_text",
                    models.TextField(
                        blank=True,
                        help_text="its body as it came, where `output` cannot hold its numbers",
                    ),
                ),
                (
                    "endpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="runs",
                        to="catalog.endpoint",
                    ),
                ),
                (
                    "schema",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.schema",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="runs",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at"],
            },
        ),
        migrations.CreateModel(
            name="LateLook",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("due_at", models.DateTimeField()),
                (
                    "run",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="late_look",
                        to="playground.run",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "headers",
                    core.db.json_field.ExactJSONField(
                        help_text="those of the signature, in lower case"
                    ),
                ),
                ("body", models.BinaryField()),
                ("received_at", models.DateTimeField(auto_now_add=True)),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="playground.run",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Artifact",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveIntegerField()),
                (
                    "path",
                    models.CharField(help_text="where in the output, as JSON path", max_length=255),
                ),
                (
                    "kind",
                    models.CharField(
                        help_text="image, video, audio, mesh, text, file", max_length=16
                    ),
                ),
                ("url", models.TextField(help_text="upstream's address")),
                ("content_type", models.CharField(blank=True, max_length=127)),
                ("file_name", models.CharField(blank=True, max_length=255)),
                ("width", models.PositiveIntegerField(null=True)),
                ("height", models.PositiveIntegerField(null=True)),
                ("duration_s", models.FloatField(null=True)),
                ("size_bytes", models.BigIntegerField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("remote", "not copied yet"),
                            ("stored", "Stored"),
                            ("lost", "Lost"),
                        ],
                        default="remote",
                        max_length=16,
                    ),
                ),
                (
                    "file",
                    models.CharField(blank=True, help_text="name in our storage", max_length=255),
                ),
                ("digest", models.CharField(blank=True, max_length=64)),
                (
                    "error",
                    models.CharField(blank=True, help_text="why it was lost", max_length=255),
                ),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("next_attempt_at", models.DateTimeField(null=True)),
                (
                    "poster",
                    models.CharField(
                        blank=True, help_text="a film's still, in our storage", max_length=255
                    ),
                ),
                (
                    "thumbnail",
                    models.CharField(
                        blank=True,
                        help_text="a small picture of it, in our storage",
                        max_length=255,
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="artifacts",
                        to="playground.run",
                    ),
                ),
            ],
            options={
                "ordering": ["position"],
            },
        ),
        migrations.CreateModel(
            name="Share",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=runs.models.share_id,
                        editable=False,
                        max_length=16,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("arguments", core.db.json_field.ExactJSONField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "endpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.endpoint",
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
        ),
        migrations.CreateModel(
            name="Upload",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("digest", models.CharField(max_length=64)),
                ("file", models.CharField(help_text="name in our storage", max_length=255)),
                ("file_name", models.CharField(max_length=255)),
                ("content_type", models.CharField(max_length=127)),
                ("size_bytes", models.BigIntegerField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("upstream_url", models.TextField(blank=True)),
                ("upstream_at", models.DateTimeField(null=True)),
                (
                    "is_shared",
                    models.BooleanField(
                        default=False,
                        help_text="a link or a preset for the team holds it: colleagues may see it",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Draft",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "post",
                    core.db.json_field.ExactJSONField(
                        help_text="the form's controls: {name: [values]}; empty when untouched"
                    ),
                ),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "earlier",
                    core.db.json_field.ExactJSONField(
                        default=list,
                        help_text="[{post, why, tab}]: what was replaced, the newest last",
                    ),
                ),
                (
                    "tab",
                    models.CharField(
                        blank=True, help_text="the drawn page that saved it", max_length=64
                    ),
                ),
                (
                    "version",
                    models.PositiveIntegerField(default=0, help_text="raised by each save"),
                ),
                (
                    "schema_digest",
                    models.CharField(
                        blank=True,
                        help_text="of the schema that the form was drawn by",
                        max_length=64,
                    ),
                ),
                (
                    "endpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.endpoint",
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
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "endpoint"), name="draft_once_per_endpoint"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Preset",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                ("arguments", core.db.json_field.ExactJSONField()),
                ("is_shared", models.BooleanField(default=False, help_text="everybody may use it")),
                (
                    "schema_digest",
                    models.CharField(
                        blank=True, help_text="of the schema it was saved under", max_length=64
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "deleted_at",
                    models.DateTimeField(
                        blank=True, help_text="can be undone for a while", null=True
                    ),
                ),
                (
                    "is_house_default",
                    models.BooleanField(
                        default=False, help_text="fills an untouched form, for everybody"
                    ),
                ),
                (
                    "unmended",
                    core.db.json_field.ExactJSONField(
                        blank=True,
                        help_text="{arguments, schema_digest, said}: as it was before it was made to fit a new schema",
                        null=True,
                    ),
                ),
                (
                    "endpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="presets",
                        to="catalog.endpoint",
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
                "ordering": ["name"],
                "indexes": [
                    models.Index(fields=["endpoint", "is_shared"], name="preset_of_endpoint")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("deleted_at", None)),
                        fields=("user", "endpoint", "name"),
                        name="preset_name_once",
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(fields=["user", "-created_at"], name="run_history"),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(fields=["endpoint", "-created_at"], name="run_of_endpoint"),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(
                    ("state__in", ["succeeded", "failed", "cancelled"]), _negated=True
                ),
                fields=["created_at"],
                name="run_unfinished",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("request_id", ""), _negated=True),
                fields=["request_id"],
                name="run_by_request",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("is_example", True)),
                fields=["endpoint", "-created_at"],
                name="run_example",
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.UniqueConstraint(
                fields=("user", "form_token"), name="run_once_per_form"
            ),
        ),
        migrations.AddIndex(
            model_name="artifact",
            index=models.Index(fields=["digest"], name="artifact_by_content"),
        ),
        migrations.AddIndex(
            model_name="artifact",
            index=models.Index(
                condition=models.Q(("state", "remote")),
                fields=["next_attempt_at"],
                name="artifact_to_copy",
            ),
        ),
        migrations.AddConstraint(
            model_name="artifact",
            constraint=models.UniqueConstraint(
                fields=("run", "position"), name="artifact_place_in_run"
            ),
        ),
        migrations.AddConstraint(
            model_name="upload",
            constraint=models.UniqueConstraint(
                fields=("user", "digest"), name="upload_once_per_content"
            ),
        ),
    ]
