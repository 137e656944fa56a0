"""Index anew the runs whose results were used as inputs: the search has a mark for them."""

from typing import Any

from django.db import migrations


def index_anew(apps: Any, schema_editor: Any) -> None:
    """Mark each of them once."""
    due = schema_editor.quote_name(apps.get_model("library", "DueEntry")._meta.db_table)
    runs = schema_editor.quote_name(apps.get_model("playground", "Run")._meta.db_table)
    inputs = schema_editor.quote_name(apps.get_model("playground", "InputFile")._meta.db_table)
    schema_editor.execute(
        f"INSERT INTO {due} (run_id) SELECT id FROM {runs} "  # noqa: S608 - names of tables
        f"WHERE id IN (SELECT source FROM {inputs})"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("library", "0001_squashed_0010"),
        ("playground", "0001_squashed_0048"),
    ]
    operations = [migrations.RunPython(index_anew, migrations.RunPython.noop)]
