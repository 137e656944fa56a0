"""What trials have spent counts as spent by boards; the accounts of their months go."""

import logging

from django.db import migrations, models
from django.db.models import F

log = logging.getLogger(__name__)
GROUP = ("kind", "day", "user_id", "project_id", "endpoint_id", "token_id")


def merge(apps, schema_editor):
    """Move charges and sums of days to boards, and delete the accounts with their entries."""
    charges = apps.get_model("playground", "Charge").objects.filter(door="trial")
    if number := charges.update(door="board"):
        log.info("Counting runs of trials as runs of boards: %s", number)
    sums = apps.get_model("playground", "DailySum").objects
    for trial in sums.filter(door="trial"):
        conditions = {}
        for name in GROUP:
            value = getattr(trial, name)
            conditions |= {f"{name}__isnull": True} if value is None else {name: value}
        is_merged = sums.filter(door="board", **conditions).update(
            runs=F("runs") + trial.runs,
            amount=F("amount") + trial.amount,
            reserved=F("reserved") + trial.reserved,
            unknown=F("unknown") + trial.unknown,
        )
        if is_merged:
            trial.delete()
        else:
            sums.filter(pk=trial.pk).update(door="board")
    accounts = apps.get_model("playground", "LedgerAccount").objects.filter(kind="trial-month")
    if number := accounts.count():
        log.info("Deleting accounts of months of trials: %s", number)
        accounts.delete()


class Migration(migrations.Migration):
    dependencies = [
        ("playground", "0049_the_record_of_models"),
        ("playground", "0049_what_fal_keeps"),
    ]
    operations = [
        migrations.RunPython(merge, migrations.RunPython.noop),
        migrations.AlterField(
            "ledgeraccount",
            "kind",
            models.CharField(
                choices=[
                    ("house", "the house: whoever starts runs locks its row"),
                    ("board", "a board"),
                    ("assistant", "an assistant's session"),
                ],
                max_length=16,
            ),
        ),
    ]
