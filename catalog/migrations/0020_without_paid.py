"""What a run has cost is part of the record of models, no column of a model.

The column stays until the next version, since processes of the former one that still run read it.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("catalog", "0019_facts_that_help_choosing")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField("endpoint", "paid_usd")]
        )
    ]
