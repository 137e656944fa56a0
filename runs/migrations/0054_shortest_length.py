"""The shortest length of films and sounds whose header and streams differ."""

from django.db import migrations, models

SHORTEST_S = "which it may have, where its header and its streams differ; null: they do not"


class Migration(migrations.Migration):
    dependencies = [
        ("playground", "0053_excerpts"),
    ]
    operations = [
        migrations.AddField(
            "artifact", "shortest_s", models.FloatField(null=True, help_text=SHORTEST_S)
        ),
    ]
