from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies = [("catalog", "0019_deputy")]

    operations = [
        # A column goes in two steps: this version stops reading it, a later one drops it.
        migrations.AlterField(
            "CollectionItem", "looked_at", models.DateTimeField(db_default=Now())
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField("CollectionItem", "looked_at")]
        ),
    ]
