"""Flows keep no copy of the workflow that they were imported from: nothing is exported as such.

The column stays until the next version, since processes of 0.2.0 that still run read it.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("flows", "0010_planned")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField("Flow", "imported")]
        )
    ]
