"""Adds to the playground's tables what the migrations 0013 to 0022 added, in their place.

A database in which all ten are applied records this one without running it.
"""

import django.db.models.deletion
from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils import timezone

import core.db.json_field


def star_only_files(apps: Apps, _: BaseDatabaseSchemaEditor) -> None:
    """Star the file of each starred run that has one; which of several was meant is not known."""
    runs = apps.get_model("playground", "Run").objects.filter(is_starred=True)
    alone = runs.annotate(files=models.Count("artifacts")).filter(files=1)
    files = apps.get_model("playground", "Artifact").objects
    files.filter(run_id__in=alone.values("pk")).update(is_starred=True)


def measure_all(apps: Apps, _: BaseDatabaseSchemaEditor) -> None:
    """Have workers measure the uploads of before that have a length: films, sounds and GIFs."""
    last = models.Q(content_type__startswith="video/") | models.Q(content_type__startswith="audio/")
    uploads = apps.get_model("playground", "Upload").objects
    uploads.filter(last | models.Q(content_type="image/gif")).update(measure_at=timezone.now())


class Migration(migrations.Migration):
    replaces = [
        ("playground", "0013_permissions_per_action"),
        ("playground", "0014_deletion_and_status"),
        ("playground", "0015_run_batch"),
        ("playground", "0016_drafts_by_tab"),
        ("playground", "0017_shared_artifacts"),
        ("playground", "0018_starred_artifacts"),
        ("playground", "0019_measured_uploads"),
        ("playground", "0020_run_steps"),
        ("playground", "0021_metadata_backfill"),
        ("playground", "0022_run_options"),
    ]

    dependencies = [
        ("catalog", "0009_squashed_0011"),
        ("playground", "0001_squashed_0012"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="preset",
            options={
                "ordering": ["name"],
                "permissions": [("set_house_default", "Can make a preset the house default")],
            },
        ),
        migrations.AddField(
            model_name="preset",
            name="touched_by",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                help_text="who changed or deleted it last, where that was not its owner",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterModelOptions(
            name="run",
            options={
                "ordering": ["-created_at"],
                "permissions": [
                    ("cancel_any_run", "Can cancel anybody's run"),
                    ("publish_any_run", "Can show anybody's run as an example"),
                ],
            },
        ),
        migrations.AddField(
            model_name="run",
            name="deleted_at",
            field=models.DateTimeField(help_text="can be undone until it is purged", null=True),
        ),
        migrations.AddField(
            model_name="run",
            name="deleted_by",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="run",
            name="batch",
            field=models.UUIDField(
                editable=False,
                help_text="shared by the runs that one press started together",
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="run",
            name="is_starred",
            field=models.BooleanField(
                default=False, help_text="it or one of its files is; set by `runs/stars.py`"
            ),
        ),
        migrations.AddField(
            model_name="run",
            name="steps",
            field=core.db.json_field.ExactJSONField(
                help_text="[{at, event}]: what a workflow sent about its nodes, unchanged",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="run",
            name="options",
            field=core.db.json_field.ExactJSONField(
                default=dict,
                help_text="fields of SubmitOptions that a program asked for, beside the input",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("deleted_at__isnull", False)),
                fields=["deleted_at"],
                name="run_deleted",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("batch__isnull", False)), fields=["batch"], name="run_batch"
            ),
        ),
        migrations.AddField(
            model_name="artifact",
            name="is_shared",
            field=models.BooleanField(
                default=False,
                help_text="a link or a preset for the team holds it: colleagues may see it",
            ),
        ),
        migrations.AddField(
            model_name="artifact",
            name="is_starred",
            field=models.BooleanField(default=False, help_text="one of the best; see its run's"),
        ),
        migrations.AddField(
            model_name="upload",
            name="width",
            field=models.PositiveIntegerField(help_text="of a film", null=True),
        ),
        migrations.AddField(
            model_name="upload",
            name="height",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="upload",
            name="duration_s",
            field=models.FloatField(help_text="of a film or sound; null: not known", null=True),
        ),
        migrations.AddField(
            model_name="upload",
            name="measure_at",
            field=models.DateTimeField(
                help_text="when a worker is to measure it; null: it has, or there is no need",
                null=True,
            ),
        ),
        migrations.AddIndex(
            model_name="upload",
            index=models.Index(
                condition=models.Q(("measure_at__isnull", False)),
                fields=["measure_at"],
                name="upload_to_measure",
            ),
        ),
        migrations.RemoveConstraint(model_name="draft", name="draft_once_per_endpoint"),
        migrations.AlterField(
            model_name="draft",
            name="earlier",
            field=core.db.json_field.ExactJSONField(
                default=list, help_text="[{post}]: what was replaced, the newest last"
            ),
        ),
        migrations.AlterField(
            model_name="draft",
            name="tab",
            field=models.CharField(
                blank=True, help_text="the browser tab that it is of", max_length=64
            ),
        ),
        migrations.AddConstraint(
            model_name="draft",
            constraint=models.UniqueConstraint(
                fields=("user", "endpoint", "tab"), name="draft_once_per_tab"
            ),
        ),
        migrations.AddField(
            model_name="worker",
            name="breakers",
            field=core.db.json_field.ExactJSONField(
                default=list, help_text="[{host, state, trouble}] of its circuit breakers"
            ),
        ),
        migrations.CreateModel(
            name="DiscardedContent",
            fields=[
                ("digest", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("files", core.db.json_field.ExactJSONField(help_text="[names in our storage]")),
                ("discarded_at", models.DateTimeField(db_index=True)),
            ],
        ),
        # The model gets a new name; its table keeps the old one, for workers of before.
        migrations.AlterModelTable(name="latelook", table="playground_latelook"),
        migrations.RenameModel(old_name="LateLook", new_name="MetadataBackfill"),
        migrations.AlterField(
            model_name="metadatabackfill",
            name="run",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="metadata_backfill",
                to="playground.run",
            ),
        ),
        migrations.RunPython(star_only_files, migrations.RunPython.noop),
        migrations.RunPython(measure_all, migrations.RunPython.noop),
    ]
