"""What was spent is read from the ledger's own sums of days: those made later are gone."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("playground", "0047_daily_sums"), ("spending", "0005_proven_prices")]

    operations = [
        migrations.DeleteModel(name=name)
        for name in ("ChangedDay", "RolledUpDay", "RolledUpMonth", "MonthlyRollup", "Rollup")
    ]
