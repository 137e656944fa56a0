"""Trainings and weights left: their results are in series."""

from django.db import migrations

from core.db.leaving import log_rows


class Migration(migrations.Migration):
    dependencies = [("training", "0005_without_weights")]
    operations = [log_rows("training", "Training"), migrations.DeleteModel("Training")]
