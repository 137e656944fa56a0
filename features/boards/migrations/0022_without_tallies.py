"""Votes are counted into the record of models: tallies of boards go.

Their tables, tied to no other, stay until the next version, since processes of the former one that
still run write them.
"""

import django.db.models.deletion
from django.db import migrations, models


def unconstrained(model, name, to, **options):
    """Return the change that lets a relation be no constraint of the database."""
    kind = models.OneToOneField if options else models.ForeignKey
    relation = kind(
        to, django.db.models.deletion.CASCADE, related_name="+", db_constraint=False, **options
    )
    return migrations.AlterField(model, name, relation)


def drop_trigger(apps, schema_editor):
    """Drop what renewed the catalogue's cache; SQLite has dropped it with the former table."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "DROP TRIGGER IF EXISTS boards_boardtally_revision ON boards_boardtally"
        )


class Migration(migrations.Migration):
    dependencies = [("boards", "0021_without_trials")]
    operations = [
        unconstrained("tally", "board", "boards.board"),
        unconstrained("tally", "first", "catalog.endpoint"),
        unconstrained("tally", "second", "catalog.endpoint"),
        unconstrained("boardtally", "board", "boards.board", primary_key=True),
        migrations.RunPython(drop_trigger, migrations.RunPython.noop),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.DeleteModel("Tally"),
                migrations.DeleteModel("BoardTally"),
            ]
        ),
    ]
