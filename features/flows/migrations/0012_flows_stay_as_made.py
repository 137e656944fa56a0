"""A flow can be read, run and deleted, but no longer edited: nothing counts or undoes its changes.

`imported` left the models in 0011; its column goes here.
"""

from django.db import migrations

import core.db.json_field


class Migration(migrations.Migration):
    dependencies = [("flows", "0011_without_exchange")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AddField(
                    "Flow", "imported", core.db.json_field.ExactJSONField(blank=True, null=True)
                )
            ]
        ),
        migrations.RemoveField("Flow", "imported"),
        migrations.RemoveField("Flow", "previous"),
        migrations.RemoveField("Flow", "version"),
    ]
