"""Shares of presets, prompts, flows and reports go, and reports do: what they were made of stays.

Their table, empty and tied to no other, stays until the next version, since processes of 0.2.0 that
still run read it.
"""

import logging

from django.conf import settings
from django.db import migrations, models

REMOVED = ("preset", "prompt", "flow", "report")

log = logging.getLogger(__name__)


def delete(apps, schema_editor):
    """Delete the rows, and log how many there were of each kind."""
    shares = apps.get_model("sharing", "Share").objects
    rows = {f"shares of the kind {kind}": shares.filter(kind=kind) for kind in REMOVED}
    rows["reports"] = apps.get_model("sharing", "Report").objects.all()
    for what, of_kind in rows.items():
        if number := of_kind.count():
            log.info("Deleting %s: %s", what, number)
            of_kind.delete()


def unconstrained(name, to):
    """Return the change that lets a report's relation be no constraint of the database."""
    relation = models.ForeignKey(to, models.CASCADE, related_name="+", db_constraint=False)
    return migrations.AlterField("report", name, relation)


class Migration(migrations.Migration):
    dependencies = [("sharing", "0006_removed_comments")]
    operations = [
        migrations.RunPython(delete, migrations.RunPython.noop),
        unconstrained("user", settings.AUTH_USER_MODEL),
        unconstrained("board", "boards.board"),
        unconstrained("project", "projects.project"),
        migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel("Report")]),
        migrations.AlterField(
            model_name="share",
            name="kind",
            field=models.CharField(
                choices=[
                    ("results", "Results"),
                    ("series", "Series"),
                    ("view", "View"),
                    ("board", "Board"),
                    ("collection", "Collection"),
                ],
                default="results",
                max_length=12,
            ),
        ),
    ]
