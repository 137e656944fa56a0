# Results are found by upstream's address, as programs give it. Without a lock: there may be
# millions of results, and workers go on writing them.

from django.db import migrations, models

from core.db.migration_operations import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("playground", "0055_shortest_length_of_uploads"),
    ]

    operations = [
        AddIndexOnline(
            model_name="artifact",
            index=models.Index(
                models.Func(
                    models.F("url"),
                    output_field=models.TextField(),
                    template="SUBSTR(%(expressions)s, 1, 150)",
                ),
                name="artifact_by_address",
            ),
        ),
    ]
