"""Adds fingerprints of results, and which earlier one each is the double of."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0014_plain_help_texts"),
        ("playground", "0034_looks_at_anything"),
        ("projects", "0003_rule"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="run",
            name="run_in_project",
        ),
        migrations.AddField(
            model_name="artifact",
            name="compared_at",
            field=models.DateTimeField(
                help_text="when earlier results of its project were searched for its double",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="artifact",
            name="double_of",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                help_text="an earlier one that was equal or nearly so; perhaps deleted or moved since",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="playground.artifact",
            ),
        ),
        migrations.AddField(
            model_name="artifact",
            name="fingerprint",
            field=models.BinaryField(
                help_text="by which pictures are compared; empty: it has none, null: not computed yet",
                max_length=16,
                null=True,
            ),
        ),
        migrations.AddIndex(
            model_name="artifact",
            index=models.Index(
                condition=models.Q(("compared_at", None), ("state", "stored")),
                fields=["id"],
                name="artifact_to_compare",
            ),
        ),
        migrations.AddIndex(
            model_name="artifact",
            index=models.Index(
                condition=models.Q(("fingerprint__isnull", False)),
                fields=["run", "kind", "id", "fingerprint"],
                name="artifact_fingerprints",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                fields=["project", "-created_at", "deleted_at", "is_hidden", "user", "id"],
                name="run_in_project",
            ),
        ),
    ]
