"""Trainings and weights left: their results are in series."""

from django.db import migrations

from core.db.leaving import log_rows


class Migration(migrations.Migration):
    dependencies = [("training", "0004_trainings_become_series")]
    operations = [log_rows("training", "Weights"), migrations.DeleteModel("Weights")]
