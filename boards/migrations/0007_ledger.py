"""Writes what boards and this month's trials have cost so far into the ledger."""

from django.db import migrations
from django.utils import timezone

from runs.costs.migrated import entries_of


def count_boards(apps, schema_editor):
    """Open an account for each board, with its cap and the runs that its cells have started."""
    account = apps.get_model("playground", "LedgerAccount")
    cells = apps.get_model("boards", "Cell").objects
    for board in apps.get_model("boards", "Batch").objects.iterator(500):
        opened = account.objects.create(kind="board", key=str(board.pk), cap_usd=board.cap_usd)
        _count(apps, opened, cells.filter(board=board))


def count_trials(apps, schema_editor):
    """Open an account for each board whose trials of this month have started runs."""
    account = apps.get_model("playground", "LedgerAccount")
    month = timezone.localtime().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    trials = apps.get_model("boards", "Trial").objects.filter(sent_at__gte=month)
    cells = apps.get_model("boards", "Cell").objects
    standing = apps.get_model("boards", "StandingTrial").objects
    for board in standing.filter(pk__in=trials.values("board")):
        opened = account.objects.create(
            kind="trial-month",
            key=str(board.pk),
            period=f"{month:%Y-%m}",
            cap_usd=board.monthly_cap_usd,
        )
        columns = trials.filter(board=board.pk).values("column")
        _count(apps, opened, cells.filter(column__in=columns))


def _count(apps, account, cells):
    entry = apps.get_model("playground", "LedgerEntry")
    own = cells.filter(is_reused=False, not_sent="").select_related("run__endpoint")
    sums = ((cell.run, cell.estimate_usd) for cell in own.iterator(500))
    # A run that two cells show was started once.
    entry.objects.bulk_create(
        entries_of(entry, account, sums), batch_size=1000, ignore_conflicts=True
    )


class Migration(migrations.Migration):
    dependencies = [
        ("boards", "0006_voting"),
        ("playground", "0029_ledger"),
    ]

    operations = [
        migrations.RunPython(count_boards, migrations.RunPython.noop),
        migrations.RunPython(count_trials, migrations.RunPython.noop),
    ]
