"""A series holds results and uploads with captions, has a note, and a name for prompts if wanted.

New results may go to one by themselves.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0001_squashed_0016"),
        ("library", "0013_without_seeds"),
        ("playground", "0068_frames_of_films"),
        ("projects", "0008_deputies_take_over"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.AddField(
            "series",
            "mention",
            models.CharField(
                blank=True,
                default="",
                help_text="without its @",
                max_length=40,
                verbose_name="name for prompts",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            "series",
            "mention_key",
            models.CharField(
                blank=True,
                default="",
                help_text="what equal names share: mentions.key_of",
                max_length=160,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            "series",
            "note",
            models.TextField(blank=True, default="", max_length=10_000),
            preserve_default=False,
        ),
        migrations.AddField(
            "series",
            "words",
            models.TextField(
                blank=True,
                default="",
                help_text="replace the name in a prompt",
                max_length=2_000,
                verbose_name="words for prompts",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            "seriesitem",
            "caption",
            models.TextField(blank=True, default="", max_length=4_000),
            preserve_default=False,
        ),
        migrations.AddField(
            "seriesitem",
            "file_name",
            models.CharField(
                blank=True,
                default="",
                help_text="of an upload, in a ZIP: `cat_mask.png` is the mask of `cat.png`",
                max_length=255,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            "seriesitem",
            "is_expected",
            models.BooleanField(
                default=False, help_text="stands for the results of a run that has not ended"
            ),
        ),
        migrations.AddField(
            "seriesitem",
            "upload",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="series_items",
                to="playground.upload",
            ),
        ),
        migrations.AlterField(
            "series",
            "cover",
            models.ForeignKey(
                blank=True,
                help_text="null: its first result or upload",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="library.seriesitem",
            ),
        ),
        migrations.AlterField(
            "seriesitem",
            "run",
            models.ForeignKey(
                blank=True,
                db_constraint=False,
                help_text="null: it is an upload",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="playground.run",
            ),
        ),
        migrations.AddIndex(
            "series",
            models.Index(
                condition=~models.Q(mention_key=""),
                fields=["project", "mention_key"],
                name="series_by_mention",
            ),
        ),
        migrations.AddConstraint(
            "seriesitem",
            models.UniqueConstraint(
                fields=("series", "upload", "file_name"), name="upload_once_in_series"
            ),
        ),
        migrations.AddConstraint(
            "seriesitem",
            models.CheckConstraint(
                condition=models.Q(run=None) ^ models.Q(upload=None), name="result_or_upload"
            ),
        ),
        migrations.CreateModel(
            "Destination",
            [
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("board", models.UUIDField(null=True)),
                (
                    "endpoint",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.endpoint",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="projects.project",
                    ),
                ),
                (
                    "series",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="destinations",
                        to="library.series",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
    ]
