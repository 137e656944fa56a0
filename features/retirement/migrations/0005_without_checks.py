"""Checks left: their results are in series."""

from django.db import migrations

from core.db.leaving import log_rows


class Migration(migrations.Migration):
    dependencies = [("retirement", "0004_without_check_runs")]
    operations = [log_rows("retirement", "ModelCheck"), migrations.DeleteModel("ModelCheck")]
