"""Boards try no new models by themselves: settings and outcomes go, columns and runs stay.

The two tables, empty and tied to no other, stay until the next version, since processes of 0.2.0
that still run read them.
"""

import logging

from django.db import migrations, models

log = logging.getLogger(__name__)


def delete(apps, schema_editor):
    """Delete the rows, and log how many there were of each kind."""
    trials = apps.get_model("boards", "Trial").objects.all()
    standing_trials = apps.get_model("boards", "StandingTrial").objects.all()
    for what, rows in (("trials", trials), ("boards that tried new models", standing_trials)):
        if number := rows.count():
            log.info("Deleting %s: %s", what, number)
            rows.delete()


def unconstrained(model, name, to, **options):
    """Return the change that lets a relation be no constraint of the database."""
    relation = models.ForeignKey(
        to, models.DO_NOTHING, related_name="+", db_constraint=False, **options
    )
    return migrations.AlterField(model, name, relation)


class Migration(migrations.Migration):
    dependencies = [("boards", "0020_removed_comments")]
    operations = [
        migrations.RunPython(delete, migrations.RunPython.noop),
        migrations.AlterField(
            "StandingTrial",
            "board",
            models.OneToOneField(
                "boards.board",
                models.DO_NOTHING,
                primary_key=True,
                related_name="+",
                db_constraint=False,
            ),
        ),
        migrations.AlterField(
            "Trial",
            "column",
            models.OneToOneField(
                "boards.column",
                models.DO_NOTHING,
                null=True,
                related_name="+",
                db_constraint=False,
            ),
        ),
        unconstrained("StandingTrial", "reference", "boards.column", null=True),
        unconstrained("Trial", "board", "boards.board"),
        unconstrained("Trial", "endpoint", "catalog.endpoint"),
        unconstrained("Trial", "former", "boards.column", null=True),
        unconstrained("Trial", "reference", "boards.column", null=True),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.DeleteModel("Trial"),
                migrations.DeleteModel("StandingTrial"),
            ]
        ),
    ]
