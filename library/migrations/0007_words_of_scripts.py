"""Index anew what is written in scripts whose marks were no part of a word."""

from typing import Any

from django.db import migrations

# Devanagari to Sinhala, Thai and Lao, Tibetan, Burmese, Khmer.
SCRIPTS = "[\u0900-\u0dff\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff]"


def index_anew(apps: Any, schema_editor: Any) -> None:
    """Mark the runs with such a title, which is the first line of their prompt."""
    alias = schema_editor.connection.alias
    runs = apps.get_model("playground", "Run").objects.using(alias).filter(title__regex=SCRIPTS)
    due = apps.get_model("library", "DueEntry")
    marks = (due(run_id=pk) for pk in runs.values_list("pk", flat=True).iterator())
    due.objects.using(alias).bulk_create(marks, batch_size=1000)


class Migration(migrations.Migration):
    dependencies = [
        ("library", "0006_costs_of_the_ledger"),
        ("playground", "0045_open_sums"),
    ]
    operations = [migrations.RunPython(index_anew, migrations.RunPython.noop)]
