"""Results are no longer compared by looks: their fingerprints and doubles leave."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("playground", "0060_former_columns")]
    operations = [
        migrations.RemoveIndex("artifact", "artifact_to_compare"),
        migrations.RemoveIndex("artifact", "artifact_fingerprints"),
        migrations.RemoveField("artifact", "fingerprint"),
        migrations.RemoveField("artifact", "compared_at"),
        migrations.RemoveField("artifact", "double_of"),
    ]
