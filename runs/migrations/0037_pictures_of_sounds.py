"""Has the worker draw the sounds and meshes that were stored before they had pictures."""

from typing import Any

from django.db import migrations, models


def compare_again(apps: Any, schema_editor: Any) -> None:
    """The worker completes what it compares (`runs/worker/fingerprints.py`)."""
    artifacts = apps.get_model("playground", "Artifact").objects
    undrawn = artifacts.filter(state="stored", kind__in=["audio", "mesh"], thumbnail="")
    undrawn.update(compared_at=None, next_attempt_at=None)


class Migration(migrations.Migration):
    dependencies = [("playground", "0036_provenance")]

    operations = [
        migrations.AlterField(
            model_name="artifact",
            name="poster",
            field=models.CharField(
                blank=True, help_text="a still of a film or a mesh, in our storage", max_length=255
            ),
        ),
        migrations.RunPython(compare_again, migrations.RunPython.noop),
    ]
