"""Saved searches have become views of models."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("catalog", "0015_measured_prices"), ("playground", "0046_views")]
    operations = [migrations.DeleteModel("SavedSearch")]
