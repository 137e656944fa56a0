"""The tables of trials and tallies go, which 0.2.0 had left for its running processes."""

from django.db import migrations

from core.db.leaving import drop_table


class Migration(migrations.Migration):
    dependencies = [("boards", "0022_without_tallies")]
    operations = [
        drop_table("boards_trial"),
        drop_table("boards_standingtrial"),
        drop_table("boards_tally"),
        drop_table("boards_boardtally"),
    ]
