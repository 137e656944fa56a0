"""The same of uploads: a migration alters one table."""

from django.db import migrations, models

SHORTEST_S = "which it may have, where its header and its streams differ; null: they do not"


class Migration(migrations.Migration):
    dependencies = [
        ("playground", "0054_shortest_length"),
    ]
    operations = [
        migrations.AddField(
            "upload", "shortest_s", models.FloatField(null=True, help_text=SHORTEST_S)
        ),
    ]
