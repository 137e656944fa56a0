import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("playground", "0043_project_keys")]

    operations = [
        migrations.AlterField(
            model_name="charge",
            name="run",
            field=models.OneToOneField(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="charge",
                to="playground.run",
            ),
        ),
    ]
