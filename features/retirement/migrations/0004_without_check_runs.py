"""Checks left: their results are in series."""

from django.db import migrations

from core.db.leaving import log_rows


class Migration(migrations.Migration):
    dependencies = [("retirement", "0003_checks_become_series")]
    operations = [log_rows("retirement", "CheckRun"), migrations.DeleteModel("CheckRun")]
