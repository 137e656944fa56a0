"""A flow can be read, run and deleted, but no longer edited: nothing counts or undoes its changes."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("flows", "0012_former_columns")]
    operations = [
        migrations.RemoveField("Flow", "previous"),
        migrations.RemoveField("Flow", "version"),
    ]
