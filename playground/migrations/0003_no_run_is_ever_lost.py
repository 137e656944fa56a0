from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

import playground.fields
import playground.models

BATCH = 500


def give_tokens(apps, schema_editor):
    """Every run gets an address of its own for webhooks, and the time of its result.

    One that is being sent counts as sent: it must not be sent again.
    """
    runs = apps.get_model("playground", "Run").objects
    batch = []
    columns = ["webhook_token", "result_at", "sent_at"]
    for run in runs.only("pk", "state", "created_at", "ended_at").iterator(chunk_size=BATCH):
        run.webhook_token = playground.models.webhook_token()
        run.result_at = run.ended_at if run.state in {"succeeded", "failed"} else None
        run.sent_at = run.created_at if run.state == "submitting" else None
        batch.append(run)
        if len(batch) == BATCH:
            runs.bulk_update(batch, columns)
            batch = []
    runs.bulk_update(batch, columns)


class Migration(migrations.Migration):
    dependencies = [("playground", "0002_presets_and_shares")]

    operations = [
        migrations.AlterField(
            "Run",
            "transport",
            models.CharField(
                choices=[
                    ("queue", "Queue"),
                    ("sync", "synchronous"),
                    ("stream", "streaming"),
                    ("websocket", "WebSocket"),
                    ("realtime", "Realtime"),
                ],
                default="queue",
                max_length=16,
            ),
        ),
        migrations.RenameField("Run", "submitted_at", "queued_at"),
        migrations.AlterField(
            "Run",
            "queued_at",
            models.DateTimeField(help_text="upstream had it", null=True),
        ),
        migrations.AddField(
            "Run", "sent_at", models.DateTimeField(help_text="the submit left", null=True)
        ),
        migrations.AddField(
            "Run",
            "result_at",
            models.DateTimeField(help_text="the result was stored", null=True),
        ),
        migrations.AddField(
            "Run",
            "positions",
            playground.fields.ExactJSONField(
                default=list, help_text="[[ISO time, queue position]], each change, the first ones"
            ),
        ),
        migrations.AddField(
            "Run",
            "events",
            playground.fields.ExactJSONField(
                default=list,
                help_text="[{at, what, text}]: what happened besides the usual course",
            ),
        ),
        migrations.AddField(
            "Run",
            "partial",
            playground.fields.ExactJSONField(
                help_text="a streaming model's latest output so far; not the final one", null=True
            ),
        ),
        migrations.AddField(
            "Run", "webhook_token", models.CharField(editable=False, max_length=64, null=True)
        ),
        migrations.RunPython(give_tokens, migrations.RunPython.noop, elidable=True),
        migrations.AlterField(
            "Run",
            "webhook_token",
            models.CharField(
                default=playground.models.webhook_token,
                editable=False,
                max_length=64,
                unique=True,
            ),
        ),
        migrations.AddIndex(
            "Run",
            models.Index(
                condition=models.Q(("request_id", ""), _negated=True),
                fields=["request_id"],
                name="run_by_request",
            ),
        ),
        migrations.AddField(
            "Artifact",
            "poster",
            models.CharField(
                blank=True, default="", help_text="a film's still, in our storage", max_length=255
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            "Artifact",
            "thumbnail",
            models.CharField(
                blank=True,
                default="",
                help_text="a small picture of it, in our storage",
                max_length=255,
            ),
            preserve_default=False,
        ),
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
                    playground.fields.ExactJSONField(
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
                    playground.fields.ExactJSONField(
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
    ]
