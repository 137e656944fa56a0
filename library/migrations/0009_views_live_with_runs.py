"""The table of views has gone to the runs' app, which boards read too."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("library", "0008_tags_become_series"), ("playground", "0046_views")]
    operations = [
        migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel("View")]),
    ]
