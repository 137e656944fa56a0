"""Presets are repaired in the form of their model, and keep no copy of their former settings.

The column stays until the next version, since processes of 0.2.0 that still run read it.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("playground", "0049_the_record_of_models"),
        ("playground", "0049_what_fal_keeps"),
        ("playground", "0050_without_trials"),
    ]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField("Preset", "unmended")]
        )
    ]
