from django.db import migrations, models
from django.db.models import F


def count_anew(apps, schema_editor):
    """Have the worker write what results have cost in place of their billed units."""
    tallies = apps.get_model("boards", "BoardTally").objects.using(schema_editor.connection.alias)
    tallies.update(figures={}, changes=F("changes") + 1)


class Migration(migrations.Migration):
    dependencies = [("boards", "0014_nano_dollars")]

    operations = [
        migrations.AlterField(
            model_name="boardtally",
            name="figures",
            field=models.JSONField(
                default=dict, help_text="key of a model → [[dollars, seconds], …] of its results"
            ),
        ),
        migrations.RunPython(count_anew, migrations.RunPython.noop, elidable=True),
    ]
