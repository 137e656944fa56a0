import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import core.db.json_field
import runs.models.form
import runs.models.run
from core.db.migration_operations import AddTrigramIndex, CreateModels


class Migration(migrations.Migration):
    replaces = [
        ("playground", "0001_squashed_0012"),
        ("playground", "0013_squashed_0022"),
        ("playground", "0023_private_chats"),
        ("playground", "0024_opened_files"),
        ("playground", "0025_upload_reservations"),
        ("playground", "0026_input_files"),
        ("playground", "0027_indexes_of_runs"),
        ("playground", "0028_worker_upstream"),
        ("playground", "0029_ledger"),
        ("playground", "0030_webhook_names"),
        ("playground", "0031_projects"),
        ("playground", "0032_once_per_project"),
        ("playground", "0033_looks"),
        ("playground", "0034_looks_at_anything"),
        ("playground", "0035_likeness"),
        ("playground", "0036_provenance"),
        ("playground", "0037_pictures_of_sounds"),
        ("playground", "0038_derived_files"),
    ]

    dependencies = [
        ("catalog", "0001_squashed_0014"),
        ("projects", "0001_squashed_0004"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name="Run",
                fields=[
                    (
                        "project",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.RESTRICT,
                            related_name="+",
                            to="projects.project",
                        ),
                    ),
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
                    (
                        "user",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="runs",
                            to=settings.AUTH_USER_MODEL,
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
                        "options",
                        core.db.json_field.ExactJSONField(
                            default=dict,
                            help_text="fields of SubmitOptions that a program asked for, beside the input",
                        ),
                    ),
                    (
                        "title",
                        models.CharField(
                            blank=True, help_text="the prompt's first line", max_length=200
                        ),
                    ),
                    (
                        "batch",
                        models.UUIDField(
                            editable=False,
                            help_text="shared by the runs that one press started together",
                            null=True,
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
                        "steps",
                        core.db.json_field.ExactJSONField(
                            help_text="[{at, event}]: what a workflow sent about its nodes, unchanged",
                            null=True,
                        ),
                    ),
                    (
                        "output",
                        core.db.json_field.ExactJSONField(
                            help_text="the model's output", null=True
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
                    (
                        "webhook_token",
                        models.CharField(
                            default=runs.models.run.webhook_token,
                            editable=False,
                            max_length=64,
                            unique=True,
                        ),
                    ),
                    ("created_at", models.DateTimeField(auto_now_add=True)),
                    ("sent_at", models.DateTimeField(help_text="the submit left", null=True)),
                    ("queued_at", models.DateTimeField(help_text="upstream had it", null=True)),
                    ("started_at", models.DateTimeField(null=True)),
                    ("ended_at", models.DateTimeField(null=True)),
                    (
                        "result_at",
                        models.DateTimeField(help_text="the result was stored", null=True),
                    ),
                    (
                        "worker",
                        models.CharField(
                            blank=True, help_text="who holds the lease", max_length=64
                        ),
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
                    (
                        "is_starred",
                        models.BooleanField(
                            default=False,
                            help_text="it or one of its files is; set by `runs/stars.py`",
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
                        "deleted_at",
                        models.DateTimeField(
                            help_text="can be undone until it is purged", null=True
                        ),
                    ),
                    (
                        "deleted_by",
                        models.ForeignKey(
                            editable=False,
                            null=True,
                            on_delete=django.db.models.deletion.SET_NULL,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                ],
                options={
                    "ordering": ["-created_at"],
                    "permissions": [
                        ("cancel_any_run", "Can cancel anybody's run"),
                        ("publish_any_run", "Can show anybody's run as an example"),
                    ],
                    "indexes": [
                        models.Index(fields=["user", "-created_at"], name="run_history"),
                        models.Index(
                            fields=[
                                "project",
                                "-created_at",
                                "deleted_at",
                                "is_hidden",
                                "user",
                                "id",
                            ],
                            name="run_in_project",
                        ),
                        models.Index(
                            fields=["project", "endpoint", "-created_at"],
                            name="run_in_project_of_endpoint",
                        ),
                        models.Index(
                            condition=models.Q(("is_starred", True)),
                            fields=["project", "-created_at"],
                            name="run_in_project_starred",
                        ),
                        models.Index(
                            condition=models.Q(("state__in", ["failed", "cancelled"])),
                            fields=["state", "project", "-created_at"],
                            name="run_in_project_not_done",
                        ),
                        models.Index(fields=["endpoint", "-created_at"], name="run_of_endpoint"),
                        models.Index(
                            fields=["user", "endpoint", "-created_at"],
                            name="run_of_user_and_endpoint",
                        ),
                        models.Index(
                            condition=models.Q(("is_starred", True)),
                            fields=["user", "-created_at"],
                            name="run_starred",
                        ),
                        models.Index(
                            condition=models.Q(("state__in", ["failed", "cancelled"])),
                            fields=["state", "user", "-created_at"],
                            name="run_not_done",
                        ),
                        models.Index(fields=["created_at"], name="run_by_time"),
                        models.Index(fields=["user", "ended_at"], name="run_ended"),
                        models.Index(
                            condition=models.Q(
                                ("state__in", ["succeeded", "failed", "cancelled"]), _negated=True
                            ),
                            fields=["created_at"],
                            name="run_unfinished",
                        ),
                        models.Index(
                            condition=models.Q(("request_id", ""), _negated=True),
                            fields=["request_id"],
                            name="run_by_request",
                        ),
                        models.Index(
                            condition=models.Q(("batch__isnull", False)),
                            fields=["batch"],
                            name="run_batch",
                        ),
                        models.Index(
                            condition=models.Q(("is_example", True)),
                            fields=["endpoint", "-created_at"],
                            name="run_example",
                        ),
                        models.Index(
                            condition=models.Q(("deleted_at__isnull", False)),
                            fields=["deleted_at"],
                            name="run_deleted",
                        ),
                        models.Index(
                            condition=models.Q(("deleted_at__isnull", False)),
                            fields=["id"],
                            name="run_to_purge",
                        ),
                    ],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("user", "form_token"), name="run_once_per_form"
                        )
                    ],
                },
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
                    (
                        "run",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="artifacts",
                            to="playground.run",
                        ),
                    ),
                    ("position", models.PositiveIntegerField()),
                    (
                        "path",
                        models.CharField(
                            help_text="where in the output, as JSON path", max_length=255
                        ),
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
                        models.CharField(
                            blank=True, help_text="name in our storage", max_length=255
                        ),
                    ),
                    (
                        "poster",
                        models.CharField(
                            blank=True,
                            help_text="a still of a film or a mesh, in our storage",
                            max_length=255,
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
                    ("digest", models.CharField(blank=True, max_length=64)),
                    (
                        "error",
                        models.CharField(blank=True, help_text="why it was lost", max_length=255),
                    ),
                    ("attempts", models.PositiveIntegerField(default=0)),
                    ("next_attempt_at", models.DateTimeField(null=True)),
                    (
                        "is_starred",
                        models.BooleanField(
                            default=False, help_text="one of the best; see its run's"
                        ),
                    ),
                    (
                        "fingerprint",
                        models.BinaryField(
                            help_text="by which pictures are compared; empty: it has none, null: not computed yet",
                            max_length=16,
                            null=True,
                        ),
                    ),
                    (
                        "compared_at",
                        models.DateTimeField(
                            help_text="when earlier results of its project were searched for its double",
                            null=True,
                        ),
                    ),
                    (
                        "double_of",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            help_text="an earlier one that was equal or nearly so; perhaps deleted or moved since",
                            null=True,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            to="playground.artifact",
                        ),
                    ),
                    (
                        "provenance",
                        models.CharField(
                            blank=True,
                            choices=[
                                ("none", "no signature"),
                                ("signed", "a C2PA signature that was not checked here"),
                                ("valid", "a C2PA signature that fits"),
                                ("invalid", "a C2PA signature that does not fit"),
                            ],
                            help_text="empty: not examined yet",
                            max_length=16,
                        ),
                    ),
                    (
                        "signer",
                        models.CharField(
                            blank=True, help_text="whom its signature names", max_length=200
                        ),
                    ),
                    (
                        "source_type",
                        models.CharField(
                            blank=True,
                            help_text="the IPTC's type of digital source that it states",
                            max_length=64,
                        ),
                    ),
                ],
                options={
                    "ordering": ["position"],
                    "indexes": [
                        models.Index(fields=["digest"], name="artifact_by_content"),
                        models.Index(
                            condition=models.Q(("state", "remote")),
                            fields=["next_attempt_at"],
                            name="artifact_to_copy",
                        ),
                        models.Index(
                            condition=models.Q(("compared_at", None), ("state", "stored")),
                            fields=["id"],
                            name="artifact_to_compare",
                        ),
                        models.Index(
                            condition=models.Q(("provenance", ""), ("state", "stored")),
                            fields=["id"],
                            name="artifact_to_examine",
                        ),
                        models.Index(
                            condition=models.Q(("provenance__in", ["signed", "valid", "invalid"])),
                            fields=["run"],
                            name="artifact_signed",
                        ),
                        models.Index(
                            condition=models.Q(("fingerprint__isnull", False)),
                            fields=["run", "kind", "id", "fingerprint"],
                            name="artifact_fingerprints",
                        ),
                    ],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("run", "position"), name="artifact_place_in_run"
                        )
                    ],
                },
            ),
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
                        "run",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="+",
                            to="playground.run",
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
                ],
                options={
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("digest", "run", "position", "what"), name="derived_file_once"
                        )
                    ],
                },
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
                        "user",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
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
                        "post",
                        core.db.json_field.ExactJSONField(
                            help_text="the form's controls: {name: [values]}; empty when untouched"
                        ),
                    ),
                    (
                        "version",
                        models.PositiveIntegerField(default=0, help_text="raised by each save"),
                    ),
                    (
                        "tab",
                        models.CharField(
                            blank=True, help_text="the browser tab that it is of", max_length=64
                        ),
                    ),
                    (
                        "earlier",
                        core.db.json_field.ExactJSONField(
                            default=list, help_text="[{post}]: what was replaced, the newest last"
                        ),
                    ),
                    (
                        "schema_digest",
                        models.CharField(
                            blank=True,
                            help_text="of the schema that the form was drawn by",
                            max_length=64,
                        ),
                    ),
                    ("updated_at", models.DateTimeField(auto_now=True)),
                ],
                options={
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("user", "endpoint", "tab"), name="draft_once_per_tab"
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
                    (
                        "project",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.RESTRICT,
                            related_name="+",
                            to="projects.project",
                        ),
                    ),
                    (
                        "is_hidden",
                        models.BooleanField(
                            default=False,
                            help_text="for its user's own eyes, not for the project's other members",
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
                    ("name", models.CharField(max_length=80)),
                    ("arguments", core.db.json_field.ExactJSONField()),
                    (
                        "is_shared",
                        models.BooleanField(default=False, help_text="everybody may use it"),
                    ),
                    (
                        "is_house_default",
                        models.BooleanField(
                            default=False, help_text="fills an untouched form, for everybody"
                        ),
                    ),
                    (
                        "schema_digest",
                        models.CharField(
                            blank=True, help_text="of the schema it was saved under", max_length=64
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
                    ("created_at", models.DateTimeField(auto_now_add=True)),
                    ("updated_at", models.DateTimeField(auto_now=True)),
                    (
                        "deleted_at",
                        models.DateTimeField(
                            blank=True, help_text="can be undone for a while", null=True
                        ),
                    ),
                    (
                        "touched_by",
                        models.ForeignKey(
                            blank=True,
                            editable=False,
                            help_text="who changed or deleted it last, where that was not its owner",
                            null=True,
                            on_delete=django.db.models.deletion.SET_NULL,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                ],
                options={
                    "ordering": ["name"],
                    "permissions": [("set_house_default", "Can make a preset the house default")],
                    "indexes": [
                        models.Index(fields=["endpoint", "is_shared"], name="preset_of_endpoint")
                    ],
                    "constraints": [
                        models.UniqueConstraint(
                            condition=models.Q(("deleted_at", None)),
                            fields=("user", "project", "endpoint", "name"),
                            name="preset_name_once",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="Share",
                fields=[
                    (
                        "id",
                        models.CharField(
                            default=runs.models.form.share_id,
                            editable=False,
                            max_length=16,
                            primary_key=True,
                            serialize=False,
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
                    (
                        "endpoint",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="+",
                            to="catalog.endpoint",
                        ),
                    ),
                    ("arguments", core.db.json_field.ExactJSONField()),
                    (
                        "opens_files",
                        models.BooleanField(
                            default=False,
                            help_text="it is a link for others, who may see its author's files in it",
                        ),
                    ),
                    ("created_at", models.DateTimeField(auto_now_add=True)),
                ],
            ),
            migrations.CreateModel(
                name="InputFile",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    (
                        "run",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="input_files",
                            to="playground.run",
                        ),
                    ),
                    (
                        "source",
                        models.UUIDField(
                            help_text="the upload, or the run that made it; null: arguments not read yet",
                            null=True,
                        ),
                    ),
                ],
                options={
                    "indexes": [
                        models.Index(
                            condition=models.Q(("source__isnull", True)),
                            fields=["id"],
                            name="input_file_unread",
                        )
                    ],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("source", "run"), name="input_file_once_per_run"
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="KeptFigures",
                fields=[
                    ("kind", models.CharField(max_length=32, primary_key=True, serialize=False)),
                    ("values", core.db.json_field.ExactJSONField(default=dict)),
                    ("made_at", models.DateTimeField(null=True)),
                    ("due_at", models.DateTimeField(help_text="when a worker computes them again")),
                ],
            ),
            migrations.CreateModel(
                name="LedgerAccount",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    (
                        "kind",
                        models.CharField(
                            choices=[
                                ("person-day", "a person's day"),
                                ("board", "a board"),
                                ("trial-month", "a month of a board's trials"),
                                ("assistant", "an assistant's session"),
                                ("token", "an API token"),
                            ],
                            max_length=16,
                        ),
                    ),
                    ("key", models.CharField(max_length=64)),
                    ("period", models.CharField(blank=True, max_length=32)),
                    (
                        "cap_usd",
                        models.DecimalField(
                            blank=True,
                            decimal_places=8,
                            help_text="empty: none",
                            max_digits=20,
                            null=True,
                        ),
                    ),
                    ("created_at", models.DateTimeField(auto_now_add=True)),
                ],
                options={
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("kind", "key", "period"), name="ledger_account_once"
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="LedgerEntry",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    (
                        "account",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="entries",
                            to="playground.ledgeraccount",
                        ),
                    ),
                    (
                        "run",
                        models.ForeignKey(
                            db_constraint=False,
                            null=True,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            to="playground.run",
                        ),
                    ),
                    (
                        "amount_usd",
                        models.DecimalField(
                            decimal_places=8, help_text="empty: unknown", max_digits=20, null=True
                        ),
                    ),
                    (
                        "state",
                        models.CharField(
                            choices=[
                                ("reserved", "Reserved"),
                                ("settled", "Settled"),
                                ("released", "Released"),
                            ],
                            default="reserved",
                            max_length=8,
                        ),
                    ),
                    ("created_at", models.DateTimeField(auto_now_add=True)),
                ],
                options={
                    "verbose_name_plural": "entries",
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("run", "account"), name="ledger_entry_once_per_run"
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="Upload",
                fields=[
                    (
                        "project",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.RESTRICT,
                            related_name="+",
                            to="projects.project",
                        ),
                    ),
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
                    (
                        "user",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    ("digest", models.CharField(max_length=64)),
                    ("file", models.CharField(help_text="name in our storage", max_length=255)),
                    ("file_name", models.CharField(max_length=255)),
                    ("content_type", models.CharField(max_length=127)),
                    ("size_bytes", models.BigIntegerField()),
                    ("created_at", models.DateTimeField(auto_now_add=True)),
                    ("width", models.PositiveIntegerField(help_text="of a film", null=True)),
                    ("height", models.PositiveIntegerField(null=True)),
                    (
                        "duration_s",
                        models.FloatField(
                            help_text="of a film or sound; null: not known", null=True
                        ),
                    ),
                    (
                        "measure_at",
                        models.DateTimeField(
                            help_text="when a worker is to measure it; null: it has, or there is no need",
                            null=True,
                        ),
                    ),
                    ("upstream_url", models.TextField(blank=True)),
                    ("upstream_at", models.DateTimeField(null=True)),
                ],
                options={
                    "indexes": [
                        models.Index(
                            condition=models.Q(("measure_at__isnull", False)),
                            fields=["measure_at"],
                            name="upload_to_measure",
                        ),
                        models.Index(fields=["digest"], name="upload_by_content"),
                        models.Index(fields=["file"], name="upload_by_file"),
                    ],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("user", "project", "digest"), name="upload_once_per_content"
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="UploadReservation",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
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
                    ("size_bytes", models.BigIntegerField()),
                    ("created_at", models.DateTimeField(auto_now_add=True, db_index=True)),
                ],
            ),
            migrations.CreateModel(
                name="DiscardedContent",
                fields=[
                    ("digest", models.CharField(max_length=64, primary_key=True, serialize=False)),
                    (
                        "files",
                        core.db.json_field.ExactJSONField(help_text="[names in our storage]"),
                    ),
                    ("discarded_at", models.DateTimeField(db_index=True)),
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
                        "upstream",
                        models.CharField(blank=True, help_text="fal or sandbox", max_length=16),
                    ),
                    (
                        "upstream_host",
                        models.CharField(
                            blank=True, help_text="host that runs are sent to", max_length=255
                        ),
                    ),
                    (
                        "trouble",
                        models.CharField(
                            blank=True,
                            help_text="what is missing in upstream's responses",
                            max_length=255,
                        ),
                    ),
                    (
                        "breakers",
                        core.db.json_field.ExactJSONField(
                            default=list,
                            help_text="[{host, state, trouble}] of its circuit breakers",
                        ),
                    ),
                ],
            ),
            migrations.CreateModel(
                name="UpstreamKeys",
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
                        models.DateTimeField(
                            help_text="when a worker last tried to fetch them", null=True
                        ),
                    ),
                    (
                        "wanted_at",
                        models.DateTimeField(
                            help_text="when the web process requested newer ones, as no key fitted a signature",
                            null=True,
                        ),
                    ),
                    (
                        "account",
                        models.CharField(
                            blank=True,
                            help_text="upstream's id of our account, learnt from its reports",
                            max_length=128,
                        ),
                    ),
                ],
                options={
                    "db_table": "playground_signingkeys",
                },
            ),
            migrations.CreateModel(
                name="WebhookReport",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    (
                        "run",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="webhook_reports",
                            to="playground.run",
                        ),
                    ),
                    (
                        "headers",
                        core.db.json_field.ExactJSONField(
                            help_text="the signature's headers, in lower case"
                        ),
                    ),
                    ("body", models.BinaryField()),
                    ("received_at", models.DateTimeField(auto_now_add=True)),
                ],
                options={
                    "db_table": "playground_delivery",
                },
            ),
            migrations.CreateModel(
                name="MetadataBackfill",
                fields=[
                    (
                        "id",
                        models.BigAutoField(
                            auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                        ),
                    ),
                    (
                        "run",
                        models.OneToOneField(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="metadata_backfill",
                            to="playground.run",
                        ),
                    ),
                    ("due_at", models.DateTimeField()),
                ],
                options={
                    "db_table": "playground_latelook",
                },
            ),
        ),
        # The text that a search reads (`runs/models/querysets.py`).
        AddTrigramIndex(
            "run_text",
            "playground_run",
            ["(UPPER(SUBSTR(title || ' ' || arguments, 1, 4000)))"],
        ),
    ]
